//go:build unix

package e2e_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestOverlap starts the new app while the old one serves: nobody waits for a
// boot, and what fails changes nothing.
func TestOverlap(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"", "port "} {
		t.Run("habit "+listen, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "[app]\nrestart = \"overlap\"\nready_timeout = \"5s\"", listen).start()
			visitors := startKnocking(t, a.url)
			slow := a.askLater("POST", "/hold?id=slow", strings.NewReader("body"))
			a.until("the handler to run", func() bool { return slices.Contains(a.records("held"), "slow") })

			from := a.Mark()
			a.code("v2", "wait")
			a.said(from, "^waits$")
			if version, pid := a.serves(); version != "v1" || pid != a.app {
				t.Errorf("during the boot %s by %d serves, want v1 by %d", version, pid, a.app)
			}
			a.release()
			next := a.readyAfter(from)
			if version, pid := a.serves(); version != "v2" || pid != next.PID {
				t.Errorf("%s by %d serves, want v2 by %d", version, pid, next.PID)
			}
			if got := <-slow; got.status != http.StatusOK || got.body != "v1" {
				t.Errorf("the request that the old one had got %v", got)
			}
			a.until("the old one to be gone", func() bool { return gone(a.app) })

			for _, habit := range []string{"exit", "mute"} {
				got := a.Outcome(func() { a.code("bad", habit) })
				if got.Result != "crashed" || got.Serving == 0 {
					t.Errorf("habit %s: outcome %+v, want crashed with an app that serves", habit, got)
				}
				if _, pid := a.serves(); pid != next.PID {
					t.Errorf("habit %s: %d serves, want %d untouched", habit, pid, next.PID)
				}
			}
			if got := a.Outcome(func() { a.code("v3", "") }); got.Result != "reloaded" {
				t.Errorf("mended: outcome %+v", got)
			}
			a.unhurt(visitors)
		})
	}
}

// TestOverlapCrash kills the old app while the new one boots: who asks is held
// until that is ready.
func TestOverlapCrash(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nrestart = \"overlap\"", "").start()
	token := a.token()
	from := a.Mark()
	a.code("v2", "wait")
	a.said(from, "^waits$")
	kill(t, a.app)
	// Not when its first thread is gone: others may still hold the socket, and
	// what they have taken is cut off and never sent again.
	a.until("the old one to be gone", func() bool { return a.status(token).Generation == nil })
	held := a.askLater("POST", "/upload?id=held", strings.NewReader("body"))
	a.held(token, 1)
	a.release()
	if got := <-held; got.status != http.StatusOK || !strings.HasPrefix(got.body, "v2") {
		t.Errorf("who waited got %v", got)
	}
	a.once([]string{"held"})
}
