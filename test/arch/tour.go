package arch

import (
	"path"
	"slices"
	"strings"
)

// tourHeading begins the part of the README that draws the folders.
const tourHeading = "## The map of the house"

// Tour returns the folders that the map in a README draws, in its order. In the map a folder ends in a slash, what lies
// in a folder is indented below it, folders of one line lie side by side, and other words explain.
func Tour(readme string) []string {
	_, chapter, _ := strings.Cut(readme, tourHeading)
	_, block, _ := strings.Cut(chapter, "```\n")
	block, _, _ = strings.Cut(block, "```")
	type parent struct {
		indent int
		folder string
	}
	var folders []string
	var above []parent
	for line := range strings.Lines(block) {
		names := strings.TrimLeft(line, " ")
		indent := len(line) - len(names)
		for len(above) > 0 && above[len(above)-1].indent >= indent {
			above = above[:len(above)-1]
		}
		around := ""
		if len(above) > 0 {
			around = above[len(above)-1].folder
		}
		for name := range strings.FieldsSeq(names) {
			if !strings.HasSuffix(name, "/") {
				break
			}
			folder := path.Join(around, name)
			folders = append(folders, folder)
			above = append(above, parent{indent, folder})
		}
	}
	return folders
}

// Rooms returns the folders that lie directly in a folder of the tree, sorted.
func (t Tree) Rooms(folder string) []string {
	var rooms []string
	for name := range t {
		below, inside := strings.CutPrefix(name, folder+"/")
		room, _, deeper := strings.Cut(below, "/")
		if room = folder + "/" + room; inside && deeper && !slices.Contains(rooms, room) {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms
}
