package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Image is what instances are made of, with how they behave.
type Image struct {
	Project     string // default: the default project
	Fingerprint string // default: a hash of the aliases
	Aliases     []string
	Size        int64 // in bytes; default 382 MiB, that of a lean Debian with a database
	Footprint   int64 // of each instance in its pool, in bytes; default 8 MiB: a snapshot shares the image's blocks
	Properties  map[string]string
	Files       map[string]File
	Behaviour   Behaviour

	root map[string]File // what the root file system of a new instance holds; shared by them
}

// AddImage puts an image into the store and returns its fingerprint. An alias that another image has moves to this one.
func (w *World) AddImage(image Image) string {
	defer w.enter()()
	if image.Project == "" {
		image.Project = incusapi.ProjectDefaultName
	}
	if image.Fingerprint == "" {
		sum := sha256.Sum256([]byte(strings.Join(image.Aliases, ",")))
		image.Fingerprint = hex.EncodeToString(sum[:])
	}
	if image.Size == 0 {
		image.Size = 382 << 20
	}
	if image.Footprint == 0 {
		image.Footprint = 8 << 20
	}
	if image.Properties == nil {
		image.Properties = map[string]string{"architecture": "amd64", "os": "Debian", "release": "bookworm"}
	}
	for _, other := range w.images {
		if other.Project == image.Project {
			other.Aliases = slices.DeleteFunc(slices.Clone(other.Aliases), func(alias string) bool {
				return slices.Contains(image.Aliases, alias)
			})
		}
	}
	image.root = rootFiles(image.Files)
	w.images = append(w.images, &image)
	w.lifecycle(image.Project, "image-created", nil, "images/"+image.Fingerprint, image.Fingerprint, nil)
	return image.Fingerprint
}

// RemoveImage takes an image out of the store; its instances stay.
func (w *World) RemoveImage(projectName, aliasOrFingerprint string) {
	defer w.enter()()
	w.images = slices.DeleteFunc(w.images, func(image *Image) bool {
		return image.Project == projectName && image.is(aliasOrFingerprint)
	})
}

func (image *Image) is(aliasOrFingerprint string) bool {
	return slices.Contains(image.Aliases, aliasOrFingerprint) ||
		aliasOrFingerprint != "" && strings.HasPrefix(image.Fingerprint, aliasOrFingerprint)
}

// imageByFingerprint finds an image of a project by the beginning of its fingerprint, as the daemon does.
func (w *World) imageByFingerprint(projectName, prefix string) (*Image, error) {
	owner, err := w.owner(projectName, featureImages)
	if err != nil {
		return nil, err
	}
	for _, image := range w.images {
		if image.Project == owner.name && prefix != "" && strings.HasPrefix(image.Fingerprint, prefix) {
			return image, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Image not found")
}

func (w *World) imageByAlias(projectName, alias string) (*Image, error) {
	owner, err := w.owner(projectName, featureImages)
	if err != nil {
		return nil, err
	}
	for _, image := range w.images {
		if image.Project == owner.name && slices.Contains(image.Aliases, alias) {
			return image, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "Image alias not found")
}

// Image shows one image by the beginning of its fingerprint, and its ETag.
func (w *World) Image(projectName, fingerprint string) (incusapi.Image, string, error) {
	defer w.enter()()
	image, err := w.imageByFingerprint(projectName, fingerprint)
	if err != nil {
		return incusapi.Image{}, "", refuse(StatusOf(err), "Image %q not found", fingerprint)
	}
	return image.render(), etagOf(false, false, image.Properties), nil
}

// Images lists the images of a project.
func (w *World) Images(projectName string) ([]incusapi.Image, error) {
	defer w.enter()()
	owner, err := w.owner(projectName, featureImages)
	if err != nil {
		return nil, err
	}
	list := []incusapi.Image{}
	for _, image := range w.images {
		if image.Project == owner.name {
			list = append(list, image.render())
		}
	}
	return list, nil
}

// ImageAlias resolves one alias; the ETag is that of the entry.
func (w *World) ImageAlias(projectName, alias string) (incusapi.ImageAliasesEntry, string, error) {
	defer w.enter()()
	image, err := w.imageByAlias(projectName, alias)
	if err != nil {
		return incusapi.ImageAliasesEntry{}, "", err
	}
	entry := image.aliasEntry(alias)
	return entry, etagOf(entry), nil
}

// ImageAliases lists the aliases of a project.
func (w *World) ImageAliases(projectName string) ([]incusapi.ImageAliasesEntry, error) {
	defer w.enter()()
	owner, err := w.owner(projectName, featureImages)
	if err != nil {
		return nil, err
	}
	list := []incusapi.ImageAliasesEntry{}
	for _, image := range w.images {
		for _, alias := range image.Aliases {
			if image.Project == owner.name {
				list = append(list, image.aliasEntry(alias))
			}
		}
	}
	return list, nil
}

func (image *Image) aliasEntry(alias string) incusapi.ImageAliasesEntry {
	return incusapi.ImageAliasesEntry{
		ImageAliasesEntryPut: incusapi.ImageAliasesEntryPut{Target: image.Fingerprint},
		Name:                 alias, Type: string(incusapi.InstanceTypeContainer),
	}
}

func (image *Image) render() incusapi.Image {
	aliases := []incusapi.ImageAlias{}
	for _, alias := range image.Aliases {
		aliases = append(aliases, incusapi.ImageAlias{Name: alias})
	}
	return incusapi.Image{
		ImagePut: incusapi.ImagePut{Properties: image.Properties, Profiles: []string{"default"}},
		Aliases:  aliases, Architecture: architectureName, Fingerprint: image.Fingerprint, Size: image.Size,
		Type: string(incusapi.InstanceTypeContainer), Project: image.Project, Filename: image.Fingerprint + ".squashfs",
	}
}
