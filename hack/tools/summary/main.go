package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: summary FOLDER")
		os.Exit(2)
	}
	stages, err := readStages(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "summary:", err)
		os.Exit(2)
	}
	total := write(os.Stdout, stages)
	if total.failed > 0 {
		os.Exit(1)
	}
}
