package fake

import (
	"strconv"
	"strings"
)

// byteUnits are the suffixes of Incus (shared/units); "" and "B" are bytes.
var byteUnits = map[string]int64{
	"": 1, "B": 1,
	"kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15, "EB": 1e18,
	"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40, "PiB": 1 << 50, "EiB": 1 << 60,
}

// parseBytes reads a size as Incus does; the empty string is 0.
func parseBytes(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	digits := strings.TrimLeft(text, "0123456789")
	number, suffix := text[:len(text)-len(digits)], digits
	unit, known := byteUnits[suffix]
	if number == "" || !known {
		return -1, fail("Invalid value: %s", text)
	}
	value, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return -1, fail("Invalid integer: %s", text)
	}
	if value > 0 && unit > (1<<63-1)/value {
		return -1, fail("Multiplication would overflow")
	}
	return value * unit, nil
}
