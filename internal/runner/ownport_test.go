//go:build unix

package runner

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

func TestOwnPorts(t *testing.T) {
	t.Parallel()
	if text, _ := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn}); text != "" {
		t.Errorf("%q is said about a single address", text)
	}
	text, hint := ownPorts(process.Target{Addr: "127.0.0.1:8081", Via: process.ViaOwn, Others: []string{"127.0.0.1:6061", "127.0.0.1:9090"}})
	const want = "the app listens on 127.0.0.1:8081 and on 127.0.0.1:6061, 127.0.0.1:9090; requests go to 127.0.0.1:8081"
	if text != want || !strings.Contains(hint, `app.args = ["`) || !strings.Contains(hint, "app.env = ") {
		t.Errorf("remark %q, %q, want %q with the settings to write", text, hint, want)
	}
}

// heard passes on what is remarked, too.
type heard struct {
	events
	remarks chan string
}

func (h heard) Remark(text, _ string) { h.remarks <- text }

// await returns the next remark about ports.
func (h heard) await(t *testing.T) string {
	t.Helper()
	for {
		select {
		case text := <-h.remarks:
			if strings.Contains(text, "requests go to") {
				return text
			}
		case <-time.After(longest):
			t.Fatal("no word about the ports")
		}
	}
}

// TestLatePortsAreTold has an app open further ports long after it is ready, in
// the first generation, one that overlaps it and a third. A remark follows without
// another replacement.
func TestLatePortsAreTold(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("who listens is known on Linux only")
	}
	s := newService(t, buildApp(t))
	h := heard{s.events, make(chan string, 10)}
	for i, name := range []string{"one", "two", "three"} {
		port, err := process.ReservePort()
		if err != nil {
			t.Fatal(err)
		}
		own := fmt.Sprintf("127.0.0.1:%d", port.Port())
		port.Release()
		s.replaceFor(h, name, i == 1, "OWN="+own)
		if r := await[Ready](t, s.events); r.Target.Addr != own || len(r.Target.Others) > 0 {
			t.Fatalf("%s: ready at %+v, want %s alone", name, r.Target, own)
		}
		first := s.get("/open")
		if got, want := h.await(t), fmt.Sprintf("the app listens on %s and on %s; requests go to %s", own, first, own); got != want {
			t.Errorf("%s: remark %q, want %q", name, got, want)
		}
		second := s.get("/open")
		if got := h.await(t); !strings.Contains(got, first) || !strings.Contains(got, second) {
			t.Errorf("%s: remark %q, want one of %s and %s", name, got, first, second)
		}
	}
}
