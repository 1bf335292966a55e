package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
)

// stagesFile lists the stages in the order in which they ran, a line each: name, exit status, seconds, tab-separated.
const stagesFile = "stages.tsv"

// readStages reads the stages of a run, and for each the reports FOLDER/STAGE/*.json.
func readStages(folder string) ([]stage, error) {
	content, err := os.ReadFile(filepath.Join(folder, stagesFile))
	if err != nil {
		return nil, fmt.Errorf("reading the stages: %w", err)
	}
	var stages []stage
	for line := range strings.Lines(string(content)) {
		s, err := parseStage(strings.TrimRight(line, "\n"))
		if err != nil {
			return nil, err
		}
		if s.suites, err = readReports(filepath.Join(folder, s.name)); err != nil {
			return nil, err
		}
		stages = append(stages, s)
	}
	return stages, nil
}

func parseStage(line string) (stage, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 {
		return stage{}, fmt.Errorf("a line of %s has %d fields, want 3: %q", stagesFile, len(fields), line)
	}
	status, err := strconv.Atoi(fields[1])
	if err != nil {
		return stage{}, fmt.Errorf("the exit status of stage %q: %w", fields[0], err)
	}
	seconds, err := strconv.Atoi(fields[2])
	if err != nil {
		return stage{}, fmt.Errorf("the duration of stage %q: %w", fields[0], err)
	}
	return stage{name: fields[0], status: status, seconds: seconds}, nil
}

// readReports reads the reports in a folder. A stage without specs has none.
func readReports(folder string) ([]types.Report, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("looking for reports: %w", err)
	}
	var suites []types.Report
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a report: %w", err)
		}
		var read []types.Report
		if err := json.Unmarshal(content, &read); err != nil {
			return nil, fmt.Errorf("reading the report %q: %w", file, err)
		}
		suites = append(suites, read...)
	}
	return suites, nil
}
