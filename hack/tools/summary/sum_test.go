package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/onsi/ginkgo/v2/types"
)

func TestSummary(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Summary")
}

func spec(state types.SpecState, text string) types.SpecReport {
	return types.SpecReport{LeafNodeType: types.NodeTypeIt, State: state, LeafNodeText: text}
}

func suite(succeeded bool, specs ...types.SpecReport) types.Report {
	return types.Report{SuiteDescription: "Suite", SuitePath: "/suite", SuiteSucceeded: succeeded, SpecReports: specs}
}

var _ = Describe("A stage", func() {
	DescribeTable("counts", func(s stage, want count, failures ...string) {
		Expect(s.count()).To(Equal(want))
		Expect(s.failures()).To(ConsistOf(failures))
	},
		Entry("nothing, when it has no specs", stage{}, count{}),
		Entry("a failure, when it failed without specs", stage{status: 2}, count{failed: 1},
			"exit status 2, see its output above"),
		Entry("specs by what became of them",
			stage{status: 1, suites: []types.Report{suite(false,
				spec(types.SpecStatePassed, "a"), spec(types.SpecStateFailed, "b"), spec(types.SpecStatePanicked, "c"),
				spec(types.SpecStateTimedout, "d"), spec(types.SpecStateSkipped, "e"), spec(types.SpecStatePending, "f"))}},
			count{passed: 1, failed: 3, skipped: 2}, "Suite: b (:0)", "Suite: c (:0)", "Suite: d (:0)"),
		Entry("all its suites", stage{suites: []types.Report{
			suite(true, spec(types.SpecStatePassed, "a")), suite(true, spec(types.SpecStatePassed, "b"))}}, count{passed: 2}),
		Entry("no set-up that passed", stage{suites: []types.Report{suite(true,
			types.SpecReport{LeafNodeType: types.NodeTypeBeforeSuite, State: types.SpecStatePassed},
			spec(types.SpecStatePassed, "a"))}}, count{passed: 1}),
		Entry("a set-up that failed once", stage{status: 1, suites: []types.Report{suite(false,
			types.SpecReport{LeafNodeType: types.NodeTypeBeforeSuite, State: types.SpecStateFailed})}},
			count{failed: 1}, "Suite: [BeforeSuite] (:0)"),
		Entry("a suite that did not compile", stage{status: 1, suites: []types.Report{
			suite(true, spec(types.SpecStatePassed, "a")),
			{SuitePath: "/broken", SpecialSuiteFailureReasons: []string{"Failed to compile"}}}},
			count{passed: 1, failed: 1}, "/broken: [Failed to compile]"),
		Entry("a failure, when only its exit status tells", stage{status: 1, suites: []types.Report{
			suite(true, spec(types.SpecStatePassed, "a"))}}, count{passed: 1, failed: 1}, "exit status 1, see its output above"),
	)
})

var _ = Describe("The report", func() {
	var folder string

	BeforeEach(func() {
		folder = GinkgoT().TempDir()
		report, err := json.Marshal([]types.Report{suite(false, spec(types.SpecStatePassed, "a"), spec(types.SpecStateFailed, "b"))})
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Mkdir(filepath.Join(folder, "unit"), 0o700)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(folder, "unit", "specs.json"), report, 0o600)).To(Succeed())
	})

	It("sums what the stages left behind and ends with the plain line", func() {
		Expect(os.WriteFile(filepath.Join(folder, stagesFile), []byte("lint\t1\t61\nunit\t1\t5\n"), 0o600)).To(Succeed())
		stages, err := readStages(folder)
		Expect(err).NotTo(HaveOccurred())
		var out bytes.Buffer
		Expect(write(&out, stages)).To(Equal(count{passed: 1, failed: 2}))
		Expect(out.String()).To(And(
			MatchRegexp(`(?m)^lint +0 +1 +0 +1m1s$`), MatchRegexp(`(?m)^unit +1 +1 +0 +5s$`),
			ContainSubstring("FAILED lint: exit status 1"), ContainSubstring("FAILED unit: Suite: b"),
			HaveSuffix("\n1 passed, 2 failed\n")))
	})

	DescribeTable("is refused when the stages make no sense", func(line string) {
		Expect(os.WriteFile(filepath.Join(folder, stagesFile), []byte(line), 0o600)).To(Succeed())
		_, err := readStages(folder)
		Expect(err).To(HaveOccurred())
	},
		Entry("a field is missing", "unit\t0\n"),
		Entry("the status is no number", "unit\tx\t1\n"),
		Entry("the duration is no number", "unit\t0\tx\n"),
	)

	It("is refused when a report cannot be read", func() {
		Expect(os.WriteFile(filepath.Join(folder, "unit", "specs.json"), []byte("{"), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(folder, stagesFile), []byte("unit\t0\t1\n"), 0o600)).To(Succeed())
		_, err := readStages(folder)
		Expect(err).To(MatchError(ContainSubstring("specs.json")))
	})

	It("is refused when there is none", func() {
		_, err := readStages(GinkgoT().TempDir())
		Expect(err).To(MatchError(os.ErrNotExist))
	})
})
