package arch

import (
	"maps"
	"slices"
	"strings"
)

const (
	providers = "controllers/provider"
	model     = "controllers/model"
)

// impure are the parts of the standard library through which time, chance and the outside come in.
var impure = []string{
	"context", "crypto/rand", "database/sql/...", "log/...", "math/rand/...", "net", "net/http/...", "os/...", "syscall",
}

// clients lead out of the process; SDKs are the clients of one outside system each.
var (
	sdks = []string{
		"github.com/lxc/incus/v6/...", "github.com/caddyserver/...", "github.com/jackc/pgx/v5/...",
		"github.com/redis/go-redis/v9/...", "github.com/qdrant/...", "go.etcd.io/etcd/...",
	}
	clients = append([]string{"sigs.k8s.io/controller-runtime/...", "k8s.io/client-go/..."}, sdks...)
)

// pureRooms reason and do nothing else.
var pureRooms = []string{"plan", "autoscale", "configcsv", "render"}

// Walls returns the dependency rule of the house for the rooms that a graph has.
func Walls(graph Graph) []Wall {
	walls := []Wall{
		{
			Name:   "The language needs nothing but apimachinery",
			Around: []string{"api/v1alpha1/..."}, Ours: []string{}, Foreign: []string{"k8s.io/apimachinery/..."},
			NotStandard: impure,
		},
		{
			Name:   "The shard lookup has no dependency",
			Around: []string{"api/shardmap/..."}, Ours: []string{}, Foreign: []string{}, NotStandard: impure,
		},
		{
			Name:   "The model is of the standard library",
			Around: []string{model + "/..."}, Ours: []string{}, Foreign: []string{}, NotStandard: impure,
		},
		{
			Name:   "The interfaces of the providers know the model only",
			Around: []string{providers}, Ours: []string{model}, Foreign: []string{},
		},
		{
			Name:   "Nothing that ships knows the fakes or the tests",
			Around: []string{"cmd/..."}, NeverReach: []string{providers + "/fake/...", "test/..."},
		},
	}
	for _, room := range pureRooms {
		walls = append(walls, pureWall(room))
	}
	walls = append(walls, reconcilerWalls(graph)...)
	for _, name := range providersIn(graph) {
		walls = append(walls, providerWall(name))
	}
	return walls
}

func pureWall(room string) Wall {
	nouns := []string{"api/...", model + "/..."}
	if room == "render" {
		// What the plan starts from, its blueprint, is rendered from the spec; the plan does not know by whom.
		nouns = append(nouns, "controllers/plan")
	}
	foreign := []string{"k8s.io/apimachinery/..."}
	if room == "autoscale" {
		// Of the library for cron expressions the parser is used, which is as pure as they are.
		nouns, foreign = []string{model + "/..."}, []string{"github.com/robfig/cron/v3"}
	}
	return Wall{
		Name:        "The package " + room + " is pure",
		Around:      []string{"controllers/" + room + "/..."},
		Ours:        nouns,
		Foreign:     foreign,
		NotStandard: impure,
		NeverReach:  clients,
	}
}

func providerWall(name string) Wall {
	return Wall{
		Name:   "The provider " + name + " knows the model, its interface and itself",
		Around: []string{providers + "/" + name + "/..."},
		Ours:   []string{model, providers},
		NeverReach: []string{
			"k8s.io/client-go/...", "k8s.io/api/...", "k8s.io/apimachinery/...", "sigs.k8s.io/controller-runtime/...",
		},
	}
}

// reconcilerWalls keep what ships under controllers/ apart from what is wired behind the interfaces.
func reconcilerWalls(graph Graph) []Wall {
	wired := append([]string{"cmd/...", "test/..."}, sdks...)
	for _, name := range providersIn(graph) {
		wired = append(wired, providers+"/"+name+"/...")
	}
	reconcilers := []string{"controllers/botcluster/...", "controllers/shardmap/..."}
	return []Wall{
		{
			Name:   "Reconcilers know interfaces, not providers or SDKs",
			Around: reconcilers, NeverReach: wired,
		},
		{
			Name:   "What applies steps stands below the reconcilers",
			Around: []string{"controllers/apply/..."},
			Ours:   []string{"api/...", model, "controllers/plan", "controllers/render", providers}, NeverReach: wired,
		},
		{
			Name:   "The conditions stand below the reconcilers",
			Around: []string{"controllers/conditions/..."}, Ours: []string{"api/...", model}, NeverReach: wired,
		},
	}
}

// providersIn names the folders below controllers/provider, sorted.
func providersIn(graph Graph) []string {
	names := map[string]bool{}
	for path := range graph {
		if below, ok := strings.CutPrefix(relative(path), providers+"/"); ok {
			name, _, _ := strings.Cut(below, "/")
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Unwalled returns the packages of ours under controllers/ and api/ that stand inside no wall, sorted. The tour of the
// house itself (package controllers) holds no code.
func Unwalled(graph Graph, walls []Wall) []string {
	var found []string
	for path, p := range graph {
		room := relative(path)
		if !p.Ours() || !matchesAny(room, []string{"api/...", "controllers/..."}) || room == "controllers" {
			continue
		}
		if !slices.ContainsFunc(walls, func(w Wall) bool { return matchesAny(room, w.Around) }) {
			found = append(found, room)
		}
	}
	slices.Sort(found)
	return found
}
