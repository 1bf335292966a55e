package incus

import (
	"context"
	"maps"
	"net/http"
	"net/url"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Create implements provider.Instances. That an instance could not be created shows in the failures of the inventory, because
// Incus tells of it in the operation only.
func (i instances) Create(ctx context.Context, want model.InstanceSpec) error {
	if err := checkOwner(want.Owner); err != nil {
		return err
	}
	_, err := i.owned(ctx, want.Name, want.Owner)
	if provider.ClassOf(err) != provider.NotFound || err == nil {
		return err
	}
	if under, err := i.busy(want.Name, verbCreate); under || err != nil {
		return err
	}
	attempt := func() error {
		return i.begin(ctx, verbCreate, want.Name, pending(want), request{
			method: http.MethodPost, path: resource("instances"), query: target(want.Location), body: post(want), limit: writeLimit,
			doing: "create the instance " + want.Name,
		})
	}
	refusal := attempt()
	if unfit := i.unfit(ctx, want.Location, refusal); unfit != nil {
		return unfit
	}
	if !mayBeRefusal(refusal) {
		return refusal
	}
	// Incus refuses a taken name and a missing profile with a 500 and words, so the instance and what it needs are looked at.
	if _, err := i.owned(ctx, want.Name, want.Owner); err == nil || provider.ClassOf(err) != provider.NotFound {
		return err
	}
	if err := i.missing(ctx, want); err != nil {
		return err
	}
	again := attempt()
	if mayBeRefusal(again) && sameWords(again, refusal) {
		return i.refused(again, "create the instance "+want.Name)
	}
	return again
}

// target asks for a member of the cluster; without one Incus chooses.
func target(member string) url.Values {
	if member == "" {
		return nil
	}
	return url.Values{"target": {member}}
}

func post(want model.InstanceSpec) incusapi.InstancesPost {
	config := maps.Clone(want.Config)
	if config == nil {
		config = map[string]string{}
	}
	maps.Copy(config, ownerTags(want.Owner, want.Tier, want.Ordinal))
	config[tagTemplate] = want.Template
	if want.Standby {
		config[tagStandby] = standbyTag(true)
	}
	devices := make(map[string]map[string]string, len(want.Devices))
	for name, device := range want.Devices {
		devices[name] = device
	}
	body := incusapi.InstancesPost{
		Name: want.Name, Type: incusapi.InstanceTypeContainer, Start: want.Start,
		Source: incusapi.InstanceSource{Type: "image", Alias: want.Image.Alias, Fingerprint: want.Image.Fingerprint},
	}
	if want.Image.Fingerprint != "" {
		body.Source.Alias = ""
	}
	body.Config, body.Devices = config, devices
	// Not nil: no profiles means none, while a missing list means the default profile.
	body.Profiles = append([]string{}, want.Profiles...)
	return body
}

// pending is how an instance is shown between the call and its appearance.
func pending(want model.InstanceSpec) model.Instance {
	owner := want.Owner
	owner.Prefix = ""
	return model.Instance{
		Name: want.Name, Owner: owner, Tier: want.Tier, Ordinal: want.Ordinal, State: model.StateStopped,
		Operation: verbCreate, Template: want.Template, Image: want.Image.Fingerprint, Standby: want.Standby, Location: want.Location,
		Config: limitsOf(want.Config), Devices: maps.Clone(want.Devices),
	}
}

// missing looks for what an instance is made of, and returns an error of class Terminal that names what is not there. What
// could not be looked at is not missing.
func (h *host) missing(ctx context.Context, want model.InstanceSpec) error {
	checks := []func() error{
		func() error { return h.checkProject(ctx) },
		func() error { _, err := h.findImage(ctx, want.Tier, want.Image); return err },
	}
	for _, name := range want.Profiles {
		checks = append(checks, func() error { _, err := h.findProfile(ctx, name); return err })
	}
	for _, device := range want.Devices {
		if pool := device["pool"]; pool != "" {
			checks = append(checks, func() error { return h.checkPool(ctx, pool, true) })
		}
		if network := device["network"]; network != "" {
			checks = append(checks, func() error { return h.checkNetwork(ctx, network) })
		}
	}
	for _, check := range checks {
		if err := check(); err != nil && provider.ClassOf(err) == provider.Terminal {
			return err
		}
	}
	return nil
}
