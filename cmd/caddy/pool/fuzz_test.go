package pool_test

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"testing"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// FuzzPoolDocument checks that whatever is pushed is either refused as such, or is a pool that can be served and pushed again.
func FuzzPoolDocument(f *testing.F) {
	example, err := os.ReadFile("testdata/push.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(pushOf("10.0.0.1:80")))
	f.Add([]byte(pushOf("[fe80::1%eth0]:80")))
	f.Add([]byte(`{"revision":"1","members":[]}`))
	f.Add([]byte(`{"REVISION":"1"} 2`))
	f.Fuzz(func(t *testing.T, data []byte) {
		push, err := pool.DecodePush(data, pool.Rules{})
		if err != nil {
			if !errors.Is(err, pool.ErrInvalid) {
				t.Fatalf("a refusal of another kind: %v", err)
			}
			return
		}
		names, addresses := map[string]bool{}, map[netip.AddrPort]bool{}
		for _, member := range push.Members {
			address := netip.MustParseAddrPort(member.Address)
			if address.Addr().IsLoopback() || address.Addr().IsUnspecified() {
				t.Fatalf("member %q has the address %s", member.Name, address)
			}
			if names[member.Name] || addresses[address] {
				t.Fatalf("member %q or its address %s is there twice", member.Name, address)
			}
			names[member.Name], addresses[address] = true, true
		}
		encoded, err := json.Marshal(push)
		if err != nil {
			t.Fatalf("encoding what was decoded: %v", err)
		}
		if _, err := pool.DecodePush(encoded, pool.Rules{}); err != nil {
			t.Fatalf("pushing again what was taken: %v", err)
		}
	})
}
