package incus

import (
	"net/netip"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// fullInstance is the part of incusapi.InstanceFull that is used: lists of thousands are decoded into it.
type fullInstance struct {
	Name       string                       `json:"name"`
	StatusCode incusapi.StatusCode          `json:"status_code"`
	Config     map[string]string            `json:"config"`
	Devices    map[string]map[string]string `json:"devices"`
	CreatedAt  time.Time                    `json:"created_at"`
	LastUsedAt time.Time                    `json:"last_used_at"`
	Location   string                       `json:"location"`
	State      *fullState                   `json:"state"`
}

type fullState struct {
	StatusCode incusapi.StatusCode        `json:"status_code"`
	StartedAt  time.Time                  `json:"started_at"`
	Network    map[string]fullNetworkCard `json:"network"`
	CPU        fullCPU                    `json:"cpu"`
}

// fullCPU is in nanoseconds. Usage begins at zero with every boot, and is no more than that where it could not be read.
// AllocatedTime is what may be used per second: zero where it could not be read, and with Incus before 6.0.4.
type fullCPU struct {
	Usage         int64 `json:"usage"`
	AllocatedTime int64 `json:"allocated_time"`
}

type fullNetworkCard struct {
	Addresses []incusapi.InstanceStateNetworkAddress `json:"addresses"`
}

const (
	// nic is the network card that instances are reached by.
	nic = "eth0"
	// noLocation is what a server that is not clustered gives as location.
	noLocation = "none"
	// keyBaseImage holds the fingerprint of the image that an instance was made from.
	keyBaseImage = "volatile.base_image"
)

// convert makes an instance of the model. Owned is not set: it depends on who asks. What came without its state, though it
// was asked for, could not be looked at.
func convert(full fullInstance) model.Instance {
	state, operation := powerState(full.StatusCode)
	if full.State == nil {
		state, operation = model.StateUnknown, ""
	}
	instance := model.Instance{
		Name:          full.Name,
		Owner:         ownerOf(full.Config),
		Tier:          model.Tier(full.Config[tagTier]),
		Ordinal:       ordinalOf(full.Config),
		State:         state,
		Operation:     operation,
		Template:      full.Config[tagTemplate],
		Configured:    full.Config[tagConfigured],
		DrainingSince: timeOf(full.Config[tagDraining]),
		Standby:       full.Config[tagStandby] == standbyTag(true),
		Restarted:     timeOf(full.Config[tagRestarted]),
		CreatedAt:     full.CreatedAt,
		Location:      full.Location,
		Image:         full.Config[keyBaseImage],
		Config:        limitsOf(full.Config),
		Devices:       devicesOf(full.Devices),
	}
	if instance.Location == noLocation {
		instance.Location = ""
	}
	if full.State != nil && state == model.StateRunning {
		instance.Address = address(full.State.Network[nic].Addresses)
	}
	instance.StartedAt = startedAt(full)
	return instance
}

// startedAt is when init began, or, of what does not run, when it was last told to. Incus writes "never" as the beginning
// of 1970.
func startedAt(full fullInstance) time.Time {
	if full.State != nil && !full.State.StartedAt.IsZero() {
		return full.State.StartedAt
	}
	if full.LastUsedAt.Unix() <= 0 {
		return time.Time{}
	}
	return full.LastUsedAt
}

// powerState maps Incus's status to a state, and to the verb that is going on where the status tells of one. Error is what
// Incus gives for instances that it could not look at; an unknown status is no better.
func powerState(status incusapi.StatusCode) (state model.InstanceState, operation string) {
	switch status {
	case incusapi.Running, incusapi.Ready, incusapi.Started, incusapi.Thawed:
		return model.StateRunning, ""
	case incusapi.Stopped:
		return model.StateStopped, ""
	case incusapi.Frozen:
		return model.StateFrozen, ""
	case incusapi.Freezing:
		return model.StateRunning, verbFreeze
	case incusapi.Starting:
		return model.StateStopped, verbStart
	case incusapi.Stopping, incusapi.Aborting:
		return model.StateRunning, verbStop
	default:
		return model.StateUnknown, ""
	}
}

// address prefers IPv4. Link-local addresses have another scope.
func address(addresses []incusapi.InstanceStateNetworkAddress) netip.Addr {
	var six netip.Addr
	for _, candidate := range addresses {
		parsed, err := netip.ParseAddr(candidate.Address)
		if err != nil || candidate.Scope != "global" {
			continue
		}
		if parsed.Is4() {
			return parsed
		}
		if !six.IsValid() {
			six = parsed
		}
	}
	return six
}

func devicesOf(devices map[string]map[string]string) map[string]model.Device {
	converted := make(map[string]model.Device, len(devices))
	for name, device := range devices {
		converted[name] = device
	}
	return converted
}
