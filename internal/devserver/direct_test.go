package devserver

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/proxy"
)

func TestOriginsOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"http://localhost:3000": "http://127.0.0.1:3000 http://[::1]:3000 http://localhost:3000 " +
			"https://127.0.0.1:3000 https://[::1]:3000 https://localhost:3000",
		"http://[::1]:3000":       "http://[::1]:3000 https://[::1]:3000",
		"http://192.168.1.5:3000": "http://192.168.1.5:3000 https://192.168.1.5:3000",
	} {
		if got := strings.Join(slices.Sorted(maps.Keys(originsOf(address))), " "); got != want {
			t.Errorf("originsOf(%q) = %q, want %q", address, got, want)
		}
	}
}

// TestTagWaitsForItsGeneration: a page that waited in the kernel's queue may
// arrive before clients are told of the generation that made it. Its tag must not
// be older than what they are told, or the page would reload for nothing.
func TestTagWaitsForItsGeneration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seq atomic.Int64
		seq.Store(3)
		d := newDirect(Options{Direct: &Direct{URL: "http://localhost:3001"}, Token: "secret", URL: "http://localhost:3000"},
			func() string {
				return fmt.Sprintf(`<script src="/__devtool/client.js" data-seq="%d"></script>`, seq.Load())
			})
		ask := func(generation int) string {
			w := httptest.NewRecorder()
			d.serveTag(w, httptest.NewRequest(http.MethodGet, fmt.Sprintf("%s?token=secret&generation=%d", tagPath, generation), nil))
			return w.Body.String()
		}
		d.announce(1)
		if got := ask(1); !strings.Contains(got, `data-seq=\"3\"`) || !strings.Contains(got, `src=\"http://localhost:3001/__devtool/client.js\"`) {
			t.Errorf("the running generation's tag is made by %s", got)
		}
		next := make(chan string, 1)
		go func() { next <- ask(2) }()
		synctest.Wait()
		seq.Store(7) // clients are told
		d.announce(2)
		if got := <-next; !strings.Contains(got, `data-seq=\"7\"`) {
			t.Errorf("the next generation's tag is made by %s", got)
		}
		if got := ask(1); !strings.Contains(got, `data-seq=\"0\"`) {
			t.Errorf("the past generation's tag is made by %s", got)
		}
		begun := time.Now()
		if got := ask(3); !strings.Contains(got, `data-seq=\"7\"`) || time.Since(begun) != tagWait {
			t.Errorf("after %v the tag of a generation that never came is made by %s", time.Since(begun), got)
		}
	})
}

// TestNotDirect checks that outside direct mode nothing changes.
func TestNotDirect(t *testing.T) {
	t.Parallel()
	d := newDirect(Options{}, nil)
	spec := process.Spec{Socket: true}
	d.complete(&spec, 1)
	d.announce(1)
	if err := d.check(process.Target{Via: "PORT"}); err != nil || !spec.Socket || len(spec.Env) > 0 {
		t.Errorf("changed to %+v, %v", spec, err)
	}
}

// TestDirectIsGuarded requests each of devtool's routes in direct mode under a
// host name that a foreign site could have rebound, and from a foreign site.
func TestDirectIsGuarded(t *testing.T) {
	t.Parallel()
	d := newDirect(Options{Direct: &Direct{URL: "http://localhost:3001"}, Token: "secret", URL: "http://localhost:3000"},
		func() string { return `<script src="/__devtool/client.js" data-seq="3"></script>` })
	d.announce(1)
	served := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	handler := d.beside(proxy.New(proxy.Options{Reserved: d.reserved(served)}))
	for _, tt := range []struct {
		host, site, origin string
		foreign            bool
	}{
		{"localhost:3001", "same-site", "", false},
		{"127.0.0.1:3001", "", "", false}, // browsers on other machines send only this
		{"localhost:3001", "same-site", "http://localhost:3000", false},
		{"evil.test", "", "", true},
		{"evil.test:3001", "same-site", "", true},
		{"evil.test:3001", "same-site", "http://localhost:3000", true},
		{"localhost:3001", "cross-site", "", true},
		{"localhost:3001", "cross-site", "https://evil.test", true},
		{"", "same-site", "", true},
	} {
		for _, request := range []string{"GET " + tagPath + "?generation=1&token=secret", "GET /__devtool/client.js", "OPTIONS /__devtool/open"} {
			method, target, _ := strings.Cut(request, " ")
			r := httptest.NewRequest(method, target, nil)
			r.Host = tt.host
			for name, value := range map[string]string{"Sec-Fetch-Site": tt.site, "Origin": tt.origin} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if refused := w.Code >= 400; refused != tt.foreign {
				t.Errorf("%s, %+v: status %d", request, tt, w.Code)
			}
		}
	}
}
