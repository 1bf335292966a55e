package render

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// allowancePeriod is the period, in milliseconds, of a share of CPU time: the kernel's own default for cgroups.
const allowancePeriod = 100

// ErrCPU says that an amount of CPU is neither a number of cores nor of thousandths of one.
var ErrCPU = errors.New("must be a number of cores such as 4, 1.5 or 500m")

// InstanceLimits are the limits of an instance in Incus's words. Each map holds every key that the operator owns; one
// that is empty is not to be set, so that a limit that was taken out of the spec is taken off the instance.
type InstanceLimits struct {
	// Config are config keys of the instance.
	Config map[string]string
	// Root and NIC are keys of the devices root and eth0.
	Root map[string]string
	NIC  map[string]string
}

// Limits renders resources. All of them are changed live by Incus.
func Limits(resources v1alpha1.Resources) (InstanceLimits, error) {
	cores, allowance, err := cpu(resources.CPU)
	if err != nil {
		return InstanceLimits{}, fmt.Errorf("resources.cpu: %w", err)
	}
	return InstanceLimits{
		Config: map[string]string{
			"limits.cpu":           cores,
			"limits.cpu.allowance": allowance,
			"limits.memory":        byteSize(resources.Memory),
			"limits.disk.priority": priority(resources.Disk.Priority),
		},
		Root: map[string]string{"size": byteSize(resources.Disk.Size)},
		NIC: map[string]string{
			"limits.ingress": bitRate(resources.Network.Ingress),
			"limits.egress":  bitRate(resources.Network.Egress),
		},
	}, nil
}

// LimitDevice returns a device with limits put in. Where a limit is empty the device, which comes from a profile, keeps
// what it has.
func LimitDevice(device model.Device, limits map[string]string) model.Device {
	limited := make(model.Device, len(device)+len(limits))
	maps.Copy(limited, device)
	for key, limit := range limits {
		if limit != "" {
			limited[key] = limit
		}
	}
	return limited
}

// cpu is a number of whole cores, or else a share of the time on all of them, rounded up to a hundredth of a core: Incus
// takes whole milliseconds.
func cpu(amount *intstr.IntOrString) (cores, allowance string, err error) {
	if amount == nil {
		return "", "", nil
	}
	thousandths, err := thousandthsOfCores(amount.String())
	if err != nil {
		return "", "", err
	}
	if thousandths%1000 == 0 {
		return strconv.Itoa(thousandths / 1000), "", nil
	}
	quota := (thousandths*allowancePeriod + 999) / 1000
	return "", fmt.Sprintf("%dms/%dms", quota, allowancePeriod), nil
}

func thousandthsOfCores(text string) (int, error) {
	if milli, isMilli := strings.CutSuffix(text, "m"); isMilli {
		return positive(milli)
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if len(fraction) > 3 {
		return 0, ErrCPU
	}
	return positive(whole + fraction + "000"[len(fraction):])
}

func positive(digits string) (int, error) {
	number, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || number == 0 {
		return 0, ErrCPU
	}
	return int(number), nil
}

func priority(value *int32) string {
	if value == nil {
		return ""
	}
	return strconv.Itoa(int(*value))
}

// byteSize completes Kubernetes' short units: Incus knows GB and GiB, not G and Gi.
func byteSize(size v1alpha1.ByteSize) string {
	if size == "" || strings.HasSuffix(string(size), "B") {
		return string(size)
	}
	return string(size) + "B"
}

// bitRate completes short units likewise.
func bitRate(rate v1alpha1.BitRate) string {
	if rate == "" || strings.HasSuffix(string(rate), "bit") {
		return string(rate)
	}
	return string(rate) + "bit"
}
