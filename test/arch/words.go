package arch

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// unfinished finds the marks that people leave where work is missing: at the head of a comment, or with a colon or a
// name in brackets behind.
var unfinished = regexp.MustCompile(`(//|#)\s*(TODO|FIXME|XXX)\b|\b(TODO|FIXME|XXX)(:|\()`)

// Unfinished returns "file:line: text" for every such mark, sorted.
func (t Tree) Unfinished() []string { return t.grep(unfinished) }

// Mentions returns "file:line: text" for every line that holds one of the words, sorted. A word counts where it stands
// for itself: the path /srv/ci is not in /srv/cicero or ../srv/ci.
func (t Tree) Mentions(words []string) []string {
	if len(words) == 0 {
		return nil
	}
	alternatives := make([]string, len(words))
	for i, word := range words {
		before := `[^\w.-]`
		if strings.HasPrefix(word, "/") {
			before = `[^\w./-]`
		}
		alternatives[i] = `(^|` + before + `)` + regexp.QuoteMeta(word) + `($|[^\w-])`
	}
	return t.grep(regexp.MustCompile(strings.Join(alternatives, "|")))
}

func (t Tree) grep(pattern *regexp.Regexp) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		number := 0
		for line := range strings.Lines(t[name]) {
			number++
			if pattern.MatchString(line) {
				found = append(found, fmt.Sprintf("%s:%d: %s", name, number, strings.TrimSpace(line)))
			}
		}
	}
	return found
}

// commonFolders are parents that say nothing about a machine: texts may speak of them.
var commonFolders = []string{"/", "/home", "/mnt", "/opt", "/root", "/src", "/srv", "/tmp", "/usr/src", "/var/tmp"}

// MachinePaths returns the paths that only the machine of this checkout has: the checkout and the folder around it.
func MachinePaths(root string) []string {
	paths := []string{}
	for _, folder := range []string{root, filepath.Dir(root)} {
		if !slices.Contains(commonFolders, folder) {
			paths = append(paths, folder)
		}
	}
	return paths
}

// publicHosts are no mirrors: everybody may name them.
var publicHosts = []string{"proxy.golang.org", "localhost", "127.0.0.1"}

var (
	proxyHost   = regexp.MustCompile(`https?://([^/,|\s]+)`)
	archiveHost = regexp.MustCompile(`(?m)^[^#\n]*?https?://([^/\s]+)/\S*debian`)
)

// MirrorHosts returns the hosts from which this machine gets Go modules (the value of GOPROXY) and Debian packages (the
// text of apt's sources), sorted. What the repository says must hold on machines that use others.
func MirrorHosts(goproxy, aptSources string) []string {
	hosts := map[string]bool{}
	for _, match := range append(proxyHost.FindAllStringSubmatch(goproxy, -1), archiveHost.FindAllStringSubmatch(aptSources, -1)...) {
		host := match[1]
		if !slices.Contains(publicHosts, host) {
			hosts[host] = true
		}
	}
	return slices.Sorted(maps.Keys(hosts))
}
