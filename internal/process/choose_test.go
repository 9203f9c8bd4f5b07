//go:build unix

package process

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	at := func(addr, protocol string, status int) candidate {
		return candidate{Target: Target{Addr: addr, Protocol: protocol, Via: ViaOwn}, status: status}
	}
	for _, test := range []struct {
		name    string
		found   []candidate
		before  string // what served the previous generation
		want    string
		others  []string
		guess   bool
		missing bool
	}{
		{name: "only one", found: []candidate{at("a", http1, 200)}, want: "a"},
		{name: "only one, without the page", found: []candidate{at("a", http1, 404)}, want: "a", missing: true},
		{name: "only one, which refuses", found: []candidate{at("a", http1, 401)}, want: "a", missing: true},
		{name: "only one, which says nothing", found: []candidate{at("a", http1, 0)}, want: "a"},
		{name: "profiler before site", found: []candidate{at("a", http1, 404), at("b", http1, 200)}, want: "b", others: []string{"a"}},
		{name: "site before profiler", found: []candidate{at("a", http1, 200), at("b", http1, 404)}, want: "a", others: []string{"b"}},
		{name: "site before profiler, by a redirect", found: []candidate{at("a", http1, 302), at("b", http1, 404)}, want: "a", others: []string{"b"}},
		{name: "the last of equals", found: []candidate{at("b", http1, 200), at("a", http1, 302)}, want: "a", others: []string{"b"}, guess: true},
		{name: "page before 403", found: []candidate{at("a", http1, 200), at("b", http1, 403)}, want: "a", others: []string{"b"}},
		{name: "403 before page", found: []candidate{at("b", http1, 403), at("a", http1, 200)}, want: "a", others: []string{"b"}},
		{name: "redirect before 405", found: []candidate{at("a", http1, 303), at("b", http1, 405)}, want: "a", others: []string{"b"}},
		{name: "page before 401 and 500", found: []candidate{at("a", http1, 200), at("b", http1, 401), at("c", http1, 500)}, want: "a", others: []string{"b", "c"}},
		{name: "401 before 404", found: []candidate{at("a", http1, 401), at("b", http1, 404)}, want: "a", others: []string{"b"}, missing: true},
		{name: "silence before 503", found: []candidate{at("a", http1, 0), at("b", http1, 503)}, want: "a", others: []string{"b"}},
		{name: "the previous of equals, found first", before: "a", found: []candidate{at("a", http1, 200), at("b", http1, 200)}, want: "a", others: []string{"b"}, guess: true},
		{name: "the previous of equals, found last", before: "b", found: []candidate{at("a", http1, 200), at("b", http1, 302)}, want: "b", others: []string{"a"}, guess: true},
		{name: "the previous of equals, between", before: "b", found: []candidate{at("a", http1, 403), at("b", http1, 401), at("c", http1, 500)}, want: "b", others: []string{"a", "c"}, guess: true, missing: true},
		{name: "the previous is worse", before: "a", found: []candidate{at("a", http1, 403), at("b", http1, 200)}, want: "b", others: []string{"a"}},
		{name: "the previous is gone", before: "x", found: []candidate{at("a", http1, 200), at("b", http1, 200)}, want: "b", others: []string{"a"}, guess: true},
		{name: "the last of equals without the page", found: []candidate{at("c", http1, 404), at("a", http1, 404), at("b", http1, 404)}, want: "b", others: []string{"a", "c"}, guess: true, missing: true},
		{name: "two sites and a profiler", found: []candidate{at("a", http1, 200), at("b", http1, 200), at("c", http1, 404)}, want: "b", others: []string{"a", "c"}, guess: true},
		{name: "a browser opens HTTPS before gRPC", found: []candidate{at("a", https, 404), at("b", h2c, 415)}, want: "a", others: []string{"b"}, missing: true},
		{name: "a browser opens HTTP before gRPC", found: []candidate{at("a", h2c, 200), at("b", http1, 200)}, want: "b", others: []string{"a"}},
		{name: "HTTP before HTTPS", found: []candidate{at("a", http1, 301), at("b", https, 200)}, want: "a", others: []string{"b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			best, missing := choose(test.found, test.before)
			want := Target{Addr: test.want, Protocol: best.Protocol, Via: ViaOwn, Others: test.others, Guess: test.guess}
			if diff := cmp.Diff(want, best); diff != "" || missing != test.missing {
				t.Errorf("missing %v, want %v (-want +got):\n%s", missing, test.missing, diff)
			}
		})
	}
}

// TestReadyAmongOwnPorts has an app open a profiler's port, which refuses
// everything, besides the port of its site.
func TestReadyAmongOwnPorts(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("who listens is known on Linux only")
	}
	guardian := newGuardian(t)
	for _, test := range []struct {
		name, args string
		ready      Readiness
		known      string // where the previous generation was, PROFILER or SITE
		guess      bool   // the previous one's
		wantGuess  bool
	}{
		{name: "profiler first", args: "-extra PROFILER -listen SITE -page"},
		{name: "profiler first, site a second later", args: "-extra PROFILER -boot 1s -listen SITE -page"},
		{name: "one that forbids first, site a second later", args: "-extra PROFILER -refuse 403 -boot 1s -listen SITE -page"},
		{name: "one that forbids last", args: "-listen SITE -page -further PROFILER -refuse 403"},
		{name: "one for POST first", args: "-extra PROFILER -refuse 405 -listen SITE -page"},
		{name: "profiler last", args: "-listen SITE -page -further PROFILER"},
		{name: "profiler first, no page at the root", args: "-extra PROFILER -listen SITE", wantGuess: true},
		{name: "profiler first, health path", args: "-extra PROFILER -listen SITE", ready: "/health"},
		{name: "profiler first, health path of a slow boot", args: "-extra PROFILER -listen SITE -unhealthy 300ms", ready: "/health"},
		{name: "the previous was a guess and wrong", args: "-extra PROFILER -listen SITE -page", known: "PROFILER", guess: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			place := map[string]string{}
			for _, name := range []string{"PROFILER", "SITE"} {
				place[name] = fmt.Sprintf("127.0.0.1:%d", newPort(t).Port())
			}
			spec := Spec{Guardian: guardian, Port: newPort(t), Ready: test.ready}
			if test.known != "" {
				spec.Known = Target{Addr: place[test.known], Via: ViaOwn, Protocol: http1, Guess: test.guess}
			}
			args := strings.NewReplacer("PROFILER", place["PROFILER"], "SITE", place["SITE"]).Replace(test.args)
			g := startApp(t, spec, strings.Fields(args)...)
			defer g.Stop(t.Context())
			want := Target{
				Addr: place["SITE"], Via: ViaOwn, Protocol: http1,
				Others: []string{place["PROFILER"]}, Guess: test.wantGuess,
			}
			got := ready(t, g)
			if strings.Contains(args, "-further") { // which it may open after the choice
				got.Others = want.Others
			}
			if test.wantGuess && got.Addr == place["PROFILER"] { // on a busy machine both are found at once
				want.Addr, want.Others = want.Others[0], []string{want.Addr}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("ready (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReadyBelievesWhereItWas does not compare addresses once more for each
// generation: the profiler that opens later is not waited for.
func TestReadyBelievesWhereItWas(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("who listens is known on Linux only")
	}
	site := fmt.Sprintf("127.0.0.1:%d", newPort(t).Port())
	spec := Spec{Guardian: newGuardian(t), Port: newPort(t)}
	first := startApp(t, spec, "-listen", site)
	spec.Known = ready(t, first)
	if diff := cmp.Diff(Target{Addr: site, Via: ViaOwn, Protocol: http1}, spec.Known); diff != "" {
		t.Fatalf("ready (-want +got):\n%s", diff)
	}
	first.Stop(t.Context())
	second := startApp(t, spec, "-listen", site, "-further", "127.0.0.1:0")
	defer second.Stop(t.Context())
	if diff := cmp.Diff(spec.Known, ready(t, second)); diff != "" {
		t.Errorf("ready again (-want +got):\n%s", diff)
	}
}

// TestReconsider learns of an address that opened too late to be chosen.
func TestReconsider(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("who listens is known on Linux only")
	}
	profiler, site := fmt.Sprintf("127.0.0.1:%d", newPort(t).Port()), fmt.Sprintf("127.0.0.1:%d", newPort(t).Port())
	out := newOutput()
	g := startApp(t, Spec{Port: newPort(t), Stdout: out}, "-extra", profiler, "-listen", site, "-say")
	defer g.Stop(t.Context())
	out.await(t, `(?m)^listening$`)
	chosen := Target{Addr: profiler, Via: ViaOwn, Protocol: http1}
	want := Target{Addr: profiler, Via: ViaOwn, Protocol: http1, Others: []string{site}, Guess: true}
	if diff := cmp.Diff(want, g.Reconsider(chosen)); diff != "" {
		t.Errorf("the profiler was chosen (-want +got):\n%s", diff)
	}
	sure := Target{Addr: site, Via: ViaOwn, Protocol: http1, Others: []string{profiler}}
	if diff := cmp.Diff(sure, g.Reconsider(sure)); diff != "" {
		t.Errorf("the site was chosen in view of the profiler (-want +got):\n%s", diff)
	}
	told := Target{Addr: g.expected().Addr, Via: ViaPort, Protocol: http1}
	if diff := cmp.Diff(told, g.Reconsider(told)); diff != "" {
		t.Errorf("it listens on PORT (-want +got):\n%s", diff)
	}
}

// TestReadyAsksForNoPageWhereItWasTold asks nothing of an app's handlers if its
// address is not a guess.
func TestReadyAsksForNoPageWhereItWasTold(t *testing.T) {
	t.Parallel()
	guardian := newGuardian(t)
	for _, test := range []struct{ name, args, want string }{
		{"PORT", "-listen port -log", ""},
		{"own port", "-listen 127.0.0.1:0 -log", "GET / from devtool\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.want != "" && runtime.GOOS != "linux" {
				t.Skip("who listens is known on Linux only")
			}
			g := startApp(t, Spec{Guardian: guardian, Port: newPort(t)}, strings.Fields(test.args)...)
			ready(t, g)
			g.Stop(t.Context())
			if got := g.Tail(); got != test.want {
				t.Errorf("the app was asked for %q, want %q", got, test.want)
			}
		})
	}
}
