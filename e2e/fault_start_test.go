//go:build unix

package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestNewBinaryFails builds programs that do not start. Each time the last good
// one is back, visitors notice nothing, and the next save mends it.
func TestNewBinaryFails(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nready_timeout = \"5s\"\nstop_timeout = \"300ms\"", "").start()
	for _, row := range []struct {
		habit, says string
		output      string
	}{
		{"exit", "exited with code 1", "no database"},
		{"panic", "panic: no more", ""},
		{"mute", "not ready after 5s", ""},
		{"deaf mute", "not ready after 5s", ""},
		{"public-port", "exited with code 1", "address already in use"},
	} {
		visitors := startKnocking(t, a.url)
		got := a.Outcome(func() { a.code("bad", row.habit) })
		if got.Result != "restored" || len(got.Problems) != 1 {
			t.Fatalf("%s: outcome %+v, want restored with one problem", row.habit, got)
		}
		problem := got.Problems[0]
		if !strings.Contains(problem.Message, row.says) || !strings.Contains(problem.Output, row.output) {
			t.Errorf("%s: problem %+v, want %q and %q", row.habit, problem, row.says, row.output)
		}
		if version, _ := a.serves(); version == "bad" {
			t.Errorf("%s: the bad version serves", row.habit)
		}
		mended := "after " + row.habit
		if got := a.Outcome(func() { a.code(mended, "") }); got.Result != "reloaded" {
			t.Errorf("%s, mended: outcome %+v", row.habit, got)
		}
		if version, _ := a.serves(); version != mended {
			t.Errorf("%s, mended: version %q serves", row.habit, version)
		}
		a.unhurt(visitors)
	}
}

// TestNothingToGoBackTo starts with code that does not build, then with an app
// that does not start: who asks is told, and the first good build serves.
func TestNothingToGoBackTo(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nrollback = false", "")
	a.code("v1", "\"); broken(")
	a.write("habits.go", a.read("habits.go")+"\nfunc broken() { nothing() }\n")
	a.startOnly()

	if got := a.Await("the first build", devtooltest.Finished(1)); got.Result != "broken" || got.Serving != 0 {
		t.Errorf("outcome %+v, want broken", got)
	}
	a.toldOf("habits.go")
	if got := a.Outcome(func() { a.code("v2", "exit") }); got.Result != "crashed" || got.Serving != 0 {
		t.Errorf("outcome %+v, want crashed", got)
	}
	a.toldOf("code 1")
	if got := a.Outcome(func() { a.code("v3", "") }); got.Result != "reloaded" || got.Serving == 0 {
		t.Errorf("outcome %+v, want reloaded", got)
	}
	if version, _ := a.serves(); version != "v3" {
		t.Errorf("version %q serves", version)
	}
}

// toldOf checks what people and programs get while there is no app.
func (a *app) toldOf(cause string) {
	a.t.Helper()
	page := a.get("/", "Accept", "text/html")
	if page.status != http.StatusInternalServerError || !strings.Contains(page.body, cause) || !strings.Contains(page.body, "/__devtool/client.js") {
		a.t.Errorf("a document gets %v; want 500, a page with %q, the client", page, cause)
	}
	api := a.ask("POST", "/upload?id=never", strings.NewReader("body"))
	var said struct {
		Error, Phase string
		Problems     []struct{ Text string }
	}
	err := json.Unmarshal([]byte(api.body), &said)
	if err != nil || api.status != http.StatusServiceUnavailable || api.header.Get("Retry-After") == "" || said.Phase != "failed" || len(said.Problems) == 0 {
		a.t.Errorf("a program gets %v, headers %v; want 503 with Retry-After and the problems in JSON", api, api.header)
	}
	if len(a.records("ledger")) > 0 {
		a.t.Error("somebody took the request")
	}
}

// TestFinishes runs a program that does its work and exits with 0.
func TestFinishes(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "done").startOnly()
	if got := a.Await("the outcome", devtooltest.Finished(1)); got.Result != "finished" || len(got.Problems) > 0 {
		t.Errorf("outcome %+v, want finished", got)
	}
	if got := a.Outcome(func() { a.habits("") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v, want an app", got)
	}
	a.serves()
}

// TestCompileError breaks the code: the old app serves on, and after the fix to
// what it was there is nothing to do.
func TestCompileError(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	visitors := startKnocking(t, a.url)
	whole := a.read("serve.go")
	got := a.Outcome(func() { a.write("serve.go", whole+"\nfunc broken() { nothing() }\n") })
	if got.Result != "broken" || len(got.Problems) != 1 || got.Problems[0].File != "serve.go" {
		t.Errorf("outcome %+v, want broken in serve.go", got)
	}
	if got := a.Outcome(func() { a.write("serve.go", whole) }); got.Result != "fixed" {
		t.Errorf("mended: outcome %+v, want fixed", got)
	}
	if _, pid := a.serves(); pid != a.app {
		t.Errorf("process %d serves, want the first one, %d", pid, a.app)
	}
	a.unhurt(visitors)
}

// TestSaveDuringBoot saves while a new app boots: the boot is abandoned, and
// there is one outcome for both saves.
func TestSaveDuringBoot(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	visitors := startKnocking(t, a.url)
	from := a.Mark()
	a.code("v2", "wait")
	a.said(from, "^waits$")
	pid := a.said(from, "^version v2 starts as ([0-9]+)$")[1]
	a.code("v3", "")
	a.AwaitAfter(from, "the outcome", func(m devtooltest.Message) bool { return m.Type == "build-finished" && m.Result == "reloaded" })
	if version, _ := a.serves(); version != "v3" {
		t.Errorf("version %q serves, want v3", version)
	}
	if got := a.outcomes(from); len(got) != 1 {
		t.Errorf("outcomes %q, want one", got)
	}
	if !gone(number(t, pid)) {
		t.Errorf("the abandoned app, pid %s, is alive", pid)
	}
	a.unhurt(visitors)
}

// TestKillApp kills the app while it answers. That answer is lost; whoever asks
// after it is held until the app is back.
func TestKillApp(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	cut := a.askLater("GET", "/hold?id=cut", nil)
	a.until("the handler to run", func() bool { return len(a.records("held")) == 1 })
	from := a.Mark()
	kill(t, a.app)
	if got := <-cut; got.status != http.StatusBadGateway {
		t.Errorf("the request in flight: %v, want 502", got)
	}
	if got := a.ask("POST", "/upload?id=after", strings.NewReader("body")); got.status != http.StatusOK {
		t.Errorf("a request after it: %v", got)
	}
	a.once([]string{"after"})
	again := a.readyAfter(from)
	if got := a.AwaitAfter(from, "the outcome", devtooltest.Finished(0)); got.Result != "restarted" {
		t.Errorf("outcome %+v, want restarted", got)
	}
	if _, pid := a.serves(); pid != again.PID || pid == a.app {
		t.Errorf("pid %d serves, want %d", pid, again.PID)
	}
}

// TestGetThatKills sends GETs that end the app, over a connection that it has
// used before. None is sent again, to this app or to the next one.
func TestGetThatKills(t *testing.T) {
	t.Parallel()
	for _, habit := range []string{"", "port"} {
		t.Run("habit "+habit, func(t *testing.T) {
			t.Parallel()
			a := newApp(t, "", habit).start()
			var ids []string
			for n := range 3 {
				for range 5 { // these leave connections
					a.serves()
				}
				from, id := a.Mark(), fmt.Sprint(n)
				if got := a.get("/die?id=" + id); got.status != http.StatusBadGateway {
					t.Errorf("the GET that kills: %v, want 502", got)
				}
				ids = append(ids, id)
				a.readyAfter(from)
			}
			if got := a.records("died"); !slices.Equal(got, ids) {
				t.Errorf("the app died of %q, want once of each of %q", got, ids)
			}
		})
	}
}

// TestCrashLoop kills the app whenever it is back: in the end devtool waits for
// a change, and with it all is well.
func TestCrashLoop(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	pid := a.app
	for range 4 {
		from := a.Mark()
		kill(t, pid)
		pid = a.readyAfter(from).PID
	}
	kill(t, pid)
	a.until("devtool to give up", func() bool { return a.get("/").status == http.StatusServiceUnavailable })
	if got := a.Outcome(func() { a.code("v2", "") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v, want reloaded", got)
	}
	if version, _ := a.serves(); version != "v2" {
		t.Errorf("version %q serves", version)
	}
}

// TestWhereItListens starts apps that find their address each in its own way.
func TestWhereItListens(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "").start()
	for _, row := range []struct{ habit, via string }{
		{"", "socket"},
		{"port", "PORT"},
		{"own-port", "own port"},
		{"port", "PORT"},
		{"hasty", "socket"},
		{"strict-port", "PORT"},
		{"strict-port polite", "PORT"},
	} {
		visitors := startKnocking(t, a.url)
		from := a.Mark()
		a.Outcome(func() { a.habits(row.habit + " mark" + fmt.Sprint(from)) })
		if ready := a.readyAfter(from); ready.Via != row.via {
			t.Errorf("habit %q: found by %q, want %q", row.habit, ready.Via, row.via)
		}
		a.unhurt(visitors)
	}
}

// TestDatabaseLock replaces an app that must never run twice, in every way there
// is.
func TestDatabaseLock(t *testing.T) {
	t.Parallel()
	a := newApp(t, "[app]\nstop_timeout = \"300ms\"", "lock").start()
	visitors := startKnocking(t, a.url)
	for n, row := range []struct {
		change func()
		result string
	}{
		{func() { a.habits("lock deaf") }, "reloaded"},
		{func() { a.code("v2", "lock child") }, "reloaded"},
		{func() { a.code("v3", "lock exit") }, "restored"},
		{func() { a.code("v4", "lock") }, "reloaded"},
	} {
		if got := a.Outcome(row.change); got.Result != row.result || slices.ContainsFunc(got.Problems, locked) {
			t.Errorf("change %d: outcome %+v, want %s", n, got, row.result)
		}
	}
	a.unhurt(visitors)
	_, pid := a.serves()
	from := a.Mark()
	kill(t, pid)
	if got := a.AwaitAfter(from, "the outcome", devtooltest.Finished(0)); got.Result != "restarted" {
		t.Errorf("killed: outcome %+v, want restarted", got)
	}
}

func locked(p devtooltest.Problem) bool { return strings.Contains(p.Output, "locked") }

func kill(t *testing.T, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("kill %d: %v", pid, err)
	}
}

func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestStrangeEnvFile: a line of an env file that means nothing is spoken of and
// skipped, at the start and after a save, and the other lines hold.
func TestStrangeEnvFile(t *testing.T) {
	t.Parallel()
	a := newApp(t, "", "")
	lines := a.read(".env")
	a.write(".env", "no line\nexport NAME\n"+lines)
	a.start()
	_, pid := a.serves()
	remark := func(place string) func(devtooltest.Message) bool {
		return func(m devtooltest.Message) bool { return m.Type == "remark" && strings.HasPrefix(m.Text, place) }
	}
	a.Await("a remark on the first line", remark(".env:1: "))
	mark := a.Mark()
	if got := a.Outcome(func() { a.write(".env", lines+"\nHASH=$2y$12$abc\nno line\n") }); got.Result != "reloaded" {
		t.Errorf("outcome %+v, want reloaded", got)
	}
	a.AwaitAfter(mark, "a remark on the last line", remark(fmt.Sprintf(".env:%d: ", strings.Count(lines, "\n")+3)))
	if _, now := a.serves(); now == pid {
		t.Error("the app was not restarted with what it reads now")
	}
}
