package render

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// portVariable tells the bot where to listen. It always holds bot.port, whatever bot.env says: that is where the edge
// looks for the bot.
const portVariable = "PORT"

var (
	// ErrSecretMissing says that a Secret, or a key in one, that the spec names was not given.
	ErrSecretMissing = errors.New("the Secret does not have it")
	// ErrPathTaken says that bot.files names a file that the operator writes.
	ErrPathTaken = errors.New("the operator writes this file itself: use bot.env, bot.envFrom or bot.command")
	// ErrMode says that a mode is not four octal digits.
	ErrMode = errors.New("the mode must be four octal digits such as 0644")
)

// Secret is what the files of a bot may need of a Kubernetes Secret.
type Secret struct {
	// UID is that of the Secret object.
	UID  string
	Data map[string][]byte
}

// BotInput is what the files of a bot instance are made from.
type BotInput struct {
	Bot v1alpha1.BotSpec
	// Secrets are those that envFrom and files name, by name.
	Secrets map[string]Secret
}

// BotFiles renders all files of a bot instance, sorted by path: the variables, the service and bot.files. Every instance
// of a BotCluster has the same. Errors name the field and never a secret value.
func BotFiles(input BotInput) ([]model.File, error) {
	environment, err := environmentFile(input)
	if err != nil {
		return nil, err
	}
	extension, err := ServiceDropIn(input.Bot)
	if err != nil {
		return nil, err
	}
	service, err := ServiceUnit(input.Bot)
	if err != nil {
		return nil, err
	}
	files := append([]model.File{environment, extension}, service...)
	taken := make(map[string]bool, len(files))
	for _, file := range files {
		taken[file.Path] = true
	}
	for _, declared := range input.Bot.Files {
		if taken[declared.Path] {
			return nil, fmt.Errorf("bot.files %s: %w", declared.Path, ErrPathTaken)
		}
		file, err := declaredFile(declared, input.Secrets)
		if err != nil {
			return nil, fmt.Errorf("bot.files %s: %w", declared.Path, err)
		}
		files = append(files, file)
	}
	slices.SortFunc(files, func(a, b model.File) int { return cmp.Compare(a.Path, b.Path) })
	return files, nil
}

func environmentFile(input BotInput) (model.File, error) {
	variables := map[string]string{}
	for _, source := range input.Bot.EnvFrom {
		secret, found := input.Secrets[source.SecretRef.Name]
		if !found {
			return model.File{}, fmt.Errorf("bot.envFrom Secret %q: %w", source.SecretRef.Name, ErrSecretMissing)
		}
		for name, value := range secret.Data {
			variables[name] = string(value)
		}
	}
	for _, variable := range input.Bot.Env {
		variables[variable.Name] = variable.Value
	}
	variables[portVariable] = strconv.Itoa(int(valueOr(input.Bot.Port, defaultPort)))
	content, err := Environment(variables)
	if err != nil {
		return model.File{}, fmt.Errorf("bot.env and bot.envFrom: %w", err)
	}
	return model.File{Path: EnvironmentFile, Content: content, Mode: modePrivate}, nil
}

func declaredFile(declared v1alpha1.File, secrets map[string]Secret) (model.File, error) {
	file := model.File{Path: declared.Path, UID: declared.UID, GID: declared.GID}
	if reference := declared.SecretKeyRef; reference != nil {
		content, found := secrets[reference.Name].Data[reference.Key]
		if !found {
			return model.File{}, fmt.Errorf("key %q of Secret %q: %w", reference.Key, reference.Name, ErrSecretMissing)
		}
		file.Content, file.Mode = content, modePrivate
		return file, nil
	}
	mode, err := fileMode(declared.Mode)
	if err != nil {
		return model.File{}, err
	}
	file.Mode = mode
	if declared.Content != nil {
		file.Content = []byte(*declared.Content)
	}
	return file, nil
}

// fileMode reads "0644"; the API server fills in a mode that was left out.
func fileMode(text string) (int, error) {
	if text == "" {
		return modePublic, nil
	}
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || mode > 0o777 {
		return 0, ErrMode
	}
	return int(mode), nil
}

// HashKey is the key of Hash for a BotCluster's files: the UIDs of the BotCluster and of the Secrets in the files.
func (input BotInput) HashKey(owner model.Owner) string {
	parts := []string{owner.UID}
	for _, name := range slices.Sorted(maps.Keys(input.Secrets)) {
		parts = append(parts, input.Secrets[name].UID)
	}
	return strings.Join(parts, "/")
}
