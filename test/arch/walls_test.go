package arch_test

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

// imagined builds a graph from lines "package: import import…". Paths without a dot in their first part are ours when they
// begin with a room's folder, else of the standard library.
func imagined(lines ...string) arch.Graph {
	graph := arch.Graph{}
	for _, line := range lines {
		from, imports, _ := strings.Cut(line, ":")
		p := named(from)
		for to := range strings.FieldsSeq(imports) {
			imported := named(to)
			p.Imports = append(p.Imports, imported.ImportPath)
			if _, known := graph[imported.ImportPath]; !known {
				graph[imported.ImportPath] = imported
			}
		}
		graph[p.ImportPath] = p
	}
	return graph
}

func named(path string) arch.Package {
	first, _, _ := strings.Cut(path, "/")
	switch first {
	case "api", "cmd", "controllers", "test":
		return arch.Package{ImportPath: arch.Module + "/" + path}
	default:
		return arch.Package{ImportPath: path, Standard: !strings.Contains(first, ".")}
	}
}

const (
	languageWall   = "The language needs nothing but apimachinery"
	lookupWall     = "The shard lookup has no dependency"
	modelWall      = "The model is of the standard library"
	interfaceWall  = "The interfaces of the providers know the model only"
	shippingWall   = "Nothing that ships knows the fakes or the tests"
	planWall       = "The package plan is pure"
	autoscaleWall  = "The package autoscale is pure"
	configWall     = "The package configcsv is pure"
	renderWall     = "The package render is pure"
	reconcilerWall = "Reconcilers know interfaces, not providers or SDKs"
	applyWall      = "What applies steps stands below the reconcilers"
	conditionsWall = "The conditions stand below the reconcilers"
	caddyWall      = "The provider caddy knows the model, its interface and itself"
	incusWall      = "The provider incus knows the model, its interface and itself"
)

// offender is an imagined graph that runs into a wall.
type offender struct {
	what  string
	wall  string
	lines []string
}

// offenders has at least one for each wall.
var offenders = []offender{
	{"the language with a client", languageWall, []string{"api/v1alpha1: sigs.k8s.io/controller-runtime/pkg/client"}},
	{"the language with a reconciler", languageWall, []string{"api/v1alpha1: controllers/botcluster"}},
	{"the language with the network", languageWall, []string{"api/v1alpha1: net/http"}},
	{"the shard lookup with the language", lookupWall, []string{"api/shardmap: api/v1alpha1"}},
	{"the shard lookup with a module", lookupWall, []string{"api/shardmap: k8s.io/apimachinery/pkg/types"}},
	{"the model with the language", modelWall, []string{"controllers/model: api/v1alpha1"}},
	{"the model with apimachinery", modelWall, []string{"controllers/model: k8s.io/apimachinery/pkg/types"}},
	{"the model with a context", modelWall, []string{"controllers/model: context"}},
	{"the interfaces with the language", interfaceWall, []string{"controllers/provider: api/v1alpha1"}},
	{"the interfaces with an SDK", interfaceWall, []string{"controllers/provider: github.com/lxc/incus/v6/shared/api"}},
	{"an operator with the fake", shippingWall, []string{"cmd/manager: controllers/provider/fake"}},
	{"an operator with the fake behind something", shippingWall, []string{"cmd/manager: controllers/wiring", "controllers/wiring: controllers/provider/fake/incusd"}},
	{"an operator with tests", shippingWall, []string{"cmd/manager: test/botserver"}},
	{"a plan with a context", planWall, []string{"controllers/plan: context"}},
	{"a plan with a logger", planWall, []string{"controllers/plan: log/slog"}},
	{"a plan with a module's logger", planWall, []string{"controllers/plan: github.com/go-logr/logr"}},
	{"a plan with an interface to the outside", planWall, []string{"controllers/plan: controllers/provider"}},
	{"a plan below its folder with chance", planWall, []string{"controllers/plan/story: math/rand/v2"}},
	{"a plan with a client behind something", planWall, []string{"controllers/plan: k8s.io/apimachinery/pkg/x", "k8s.io/apimachinery/pkg/x: k8s.io/client-go/rest"}},
	{"a scaler with chance", autoscaleWall, []string{"controllers/autoscale: crypto/rand"}},
	{"a scaler with the plan", autoscaleWall, []string{"controllers/autoscale: controllers/plan"}},
	{"a config file with the file system", configWall, []string{"controllers/configcsv: os"}},
	{"a plan with its renderer", planWall, []string{"controllers/plan: controllers/render"}},
	{"a renderer with steps", renderWall, []string{"controllers/render: controllers/apply"}},
	{"a renderer with an SDK", renderWall, []string{"controllers/render: github.com/caddyserver/caddy/v2"}},
	{"a reconciler with a provider", reconcilerWall, []string{"controllers/botcluster: controllers/provider/incus"}},
	{"a reconciler with the fake", reconcilerWall, []string{"controllers/shardmap: controllers/provider/fake"}},
	{"a reconciler with an SDK", reconcilerWall, []string{"controllers/shardmap: github.com/jackc/pgx/v5"}},
	{"a reconciler with a provider behind something", reconcilerWall, []string{"controllers/botcluster: controllers/conditions/deep",
		"controllers/conditions/deep: controllers/conditions/deeper",
		"controllers/conditions/deeper: github.com/redis/go-redis/v9"}},
	{"steps with a reconciler", applyWall, []string{"controllers/apply: controllers/botcluster"}},
	{"steps with a provider", applyWall, []string{"controllers/apply: controllers/provider/caddy"}},
	{"conditions with steps", conditionsWall, []string{"controllers/conditions: controllers/apply"}},
	{"a provider with the language", incusWall, []string{"controllers/provider/incus: api/v1alpha1"}},
	{"a provider with the plan", incusWall, []string{"controllers/provider/incus: controllers/plan"}},
	{"a provider with a reconciler", caddyWall, []string{"controllers/provider/caddy: controllers/botcluster"}},
	{"a provider with another", caddyWall, []string{"controllers/provider/caddy: controllers/provider/incus/session"}},
	{"a provider with the fake", caddyWall, []string{"controllers/provider/caddy: controllers/provider/fake"}},
	{"a provider with Kubernetes", caddyWall, []string{"controllers/provider/caddy: k8s.io/apimachinery/pkg/types"}},
}

var _ = Describe("The walls", func() {
	It("stand", func() {
		Expect(arch.Breaches(graph, arch.Walls(graph))).To(BeEmpty())
	})

	It("enclose every room", func() {
		Expect(arch.Unwalled(graph, arch.Walls(graph))).To(BeEmpty(), "add a wall to rules.go for a new room")
	})

	It("notice a room that has none", func() {
		unknown := imagined("controllers/attic: fmt", "controllers/plan: fmt", "controllers: fmt")
		Expect(arch.Unwalled(unknown, arch.Walls(unknown))).To(ConsistOf("controllers/attic"))
	})

	for _, o := range offenders {
		It("stop "+o.what, func() {
			offending := imagined(o.lines...)
			Expect(arch.Breaches(offending, arch.Walls(offending))).To(ContainElement(HaveField("Wall", o.wall)))
		})
	}

	It("are all in the table of offenders", func() {
		all := imagined("controllers/provider/incus: fmt", "controllers/provider/caddy: fmt")
		for _, wall := range arch.Walls(all) {
			Expect(slices.ContainsFunc(offenders, func(o offender) bool { return o.wall == wall.Name })).To(BeTrue(), wall.Name)
		}
	})

	DescribeTable("let through", func(lines ...string) {
		lawful := imagined(lines...)
		Expect(arch.Breaches(lawful, arch.Walls(lawful))).To(BeEmpty())
	},
		Entry("the language with apimachinery", "api/v1alpha1: k8s.io/apimachinery/pkg/apis/meta/v1 fmt"),
		Entry("apimachinery with what it needs itself", "api/v1alpha1: k8s.io/apimachinery/pkg/runtime",
			"k8s.io/apimachinery/pkg/runtime: context net/http github.com/go-logr/logr"),
		Entry("the model with values", "controllers/model: time net/netip net/url"),
		Entry("a plan with nouns", "controllers/plan: api/v1alpha1 controllers/model controllers/plan/story sort"),
		Entry("a renderer with nouns", "controllers/render: api/v1alpha1 controllers/model controllers/plan encoding/json"),
		Entry("steps", "controllers/apply: context controllers/plan controllers/provider controllers/model"),
		Entry("a reconciler", "controllers/botcluster: context controllers/apply controllers/conditions controllers/plan "+
			"controllers/provider sigs.k8s.io/controller-runtime"),
		Entry("a provider with its SDK", "controllers/provider/incus: github.com/lxc/incus/v6/client net/http "+
			"controllers/provider controllers/model controllers/provider/incus/session"),
		Entry("wiring", "cmd/manager: controllers/botcluster controllers/provider/incus os"),
		Entry("tests", "test/contract: controllers/provider/fake controllers/provider/incus"),
	)

	It("tell the way to what is forbidden", func() {
		hidden := imagined("controllers/botcluster: example.org/a", "example.org/a: example.org/b",
			"example.org/b: github.com/lxc/incus/v6/client")
		Expect(arch.Breaches(hidden, arch.Walls(hidden))).To(ConsistOf(HaveField("String()",
			reconcilerWall+": "+arch.Module+"/controllers/botcluster imports example.org/a, which imports example.org/b, "+
				"which imports github.com/lxc/incus/v6/client")))
	})
})
