package pool

import (
	"cmp"
	"strings"
)

// compareNames orders names as people count: bot-2 before bot-10. Names that differ only in leading zeros are ordered as text.
func compareNames(a, b string) int {
	restA, restB := a, b
	for restA != "" && restB != "" {
		var partA, partB string
		partA, restA = firstPart(restA)
		partB, restB = firstPart(restB)
		if order := compareParts(partA, partB); order != 0 {
			return order
		}
	}
	return cmp.Or(cmp.Compare(len(restA), len(restB)), strings.Compare(a, b))
}

// firstPart cuts a name after its first run of digits or of other characters.
func firstPart(name string) (part, rest string) {
	end := 1
	for end < len(name) && isDigit(name[end]) == isDigit(name[0]) {
		end++
	}
	return name[:end], name[end:]
}

func compareParts(a, b string) int {
	if !isDigit(a[0]) || !isDigit(b[0]) {
		return strings.Compare(a, b)
	}
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

func isDigit(character byte) bool { return '0' <= character && character <= '9' }
