package render

import (
	"errors"
	"fmt"
	"path"
	"regexp"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// unitFolder is the administrator's: what is in it goes before what packages bring.
	unitFolder = "/etc/systemd/system"
	// dropInName sorts after the drop-ins of an image that follow systemd's habit of two digits below 50.
	dropInName = "50-botcluster.conf"
	// bootTarget starts what is linked to it when the instance boots.
	bootTarget = "multi-user.target"

	// defaultService is what the API server fills in.
	defaultService = "botserver"

	modePublic  = 0o644
	modePrivate = 0o600
)

// ErrServiceName says that a name is not that of a systemd unit without its suffix.
var ErrServiceName = errors.New("a service must be the name of a systemd unit without `.service`: letters, digits, _ and -")

var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*$`)

const (
	// dropIn takes the file of variables; dropInCommand drops every command that came before it and sets its own.
	dropIn = `# Written by the botcluster operator.
[Service]
EnvironmentFile=%s
`
	dropInCommand = `ExecStart=
ExecStart=%s
`
	// unit starts a bot anew that ended by itself: the operator heals instances, systemd the process in one. A bot may
	// open many sockets (systemd's own limit is 1024 open files), and gets more than the 10 seconds it takes to stop.
	// The drop-in adds the variables.
	unit = `# Written by the botcluster operator.
[Unit]
Description=General Bots server (%[1]s)
After=network.target
StartLimitIntervalSec=0

[Service]
ExecStart=%[2]s
Restart=always
RestartSec=1
TimeoutStopSec=15
LimitNOFILE=65536

[Install]
WantedBy=%[3]s
`
)

// ServiceDropIn renders what is added to the service that runs the bot, whether the image or ServiceUnit brings it: the
// variables, and the command when there is one in the spec.
func ServiceDropIn(bot v1alpha1.BotSpec) (model.File, error) {
	service := valueOr(bot.Service, defaultService)
	if !serviceName.MatchString(service) {
		return model.File{}, fmt.Errorf("bot.service: %w", ErrServiceName)
	}
	content := fmt.Sprintf(dropIn, EnvironmentFile)
	if len(bot.Command) > 0 {
		command, err := commandLine(bot.Command)
		if err != nil {
			return model.File{}, fmt.Errorf("bot.command: %w", err)
		}
		content += fmt.Sprintf(dropInCommand, command)
	}
	return model.File{
		Path:    path.Join(unitFolder, service+".service.d", dropInName),
		Content: []byte(content),
		Mode:    modePublic,
	}, nil
}

// ServiceUnit renders a service of its own for a bot with a command, and the link that starts it at boot: an image need
// not have one. A unit that the image has under that name is hidden by it. There is none without a command.
func ServiceUnit(bot v1alpha1.BotSpec) ([]model.File, error) {
	if len(bot.Command) == 0 {
		return nil, nil
	}
	service := valueOr(bot.Service, defaultService)
	if !serviceName.MatchString(service) {
		return nil, fmt.Errorf("bot.service: %w", ErrServiceName)
	}
	command, err := commandLine(bot.Command)
	if err != nil {
		return nil, fmt.Errorf("bot.command: %w", err)
	}
	name := service + ".service"
	return []model.File{
		{
			Path:    path.Join(unitFolder, name),
			Content: fmt.Appendf(nil, unit, service, command, bootTarget),
			Mode:    modePublic,
		},
		{
			Path:       path.Join(unitFolder, bootTarget+".wants", name),
			LinkTarget: path.Join(unitFolder, name),
		},
	}, nil
}
