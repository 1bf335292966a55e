package main

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestBotserver(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Stand-in bot server")
}
