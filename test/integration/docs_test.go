package integration

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// yamlBlock is one example in Markdown.
var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// merged puts all of an example over an object, map by map.
func merged(object, example map[string]any) map[string]any {
	result := maps.Clone(object)
	for key, value := range example {
		below, isMap := value.(map[string]any)
		above, wasMap := result[key].(map[string]any)
		if isMap && wasMap {
			value = merged(above, below)
		}
		result[key] = value
	}
	return result
}

var _ = Describe("The documentation", func() {
	It("has examples that the API server takes, with no field that it does not know", func(ctx context.Context) {
		files, err := filepath.Glob(filepath.Join(ground.Root(), "docs", "*.md"))
		Expect(err).NotTo(HaveOccurred())
		examples := 0
		for _, file := range files {
			text, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			for _, block := range yamlBlock.FindAllSubmatch(text, -1) {
				var example map[string]any
				Expect(yaml.Unmarshal(block[1], &example)).To(Succeed(), "%s", block[1])
				if _, whole := example["kind"]; !whole {
					example = merged(with("", "").Object, example)
				}
				object := &unstructured.Unstructured{Object: example}
				object.SetNamespace("default")
				Expect(kubernetes.Client.Create(ctx, object, client.DryRunAll, client.FieldValidation("Strict"))).
					To(Succeed(), "%s: %s", filepath.Base(file), block[1])
				examples++
			}
		}
		Expect(examples).To(BeNumerically(">", 5))
	})
})
