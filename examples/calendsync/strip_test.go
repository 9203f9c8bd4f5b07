package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func environment(vars map[string]string) func(string) string {
	return func(name string) string { return vars[name] }
}

// TestBegin follows three processes of one run, then one of another.
func TestBegin(t *testing.T) {
	t.Parallel()
	s := testStore(t)
	var got []string
	for n, port := range []string{"4000", "4000", "4000", "5000"} {
		env := environment(map[string]string{"PORT": port, "DEVTOOL_BUILD": fmt.Sprint(n)})
		p, err := begin(s, true, env, june.Add(time.Duration(n)*time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s: %d, %v", p.Build, p.Starts, time.UnixMilli(p.Since).Sub(june)))
	}
	want := "0: 1, 0s\n1: 2, 0s\n2: 3, 0s\n3: 1, 3m0s"
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
	if r := read(t, s).Revision; r != 1 {
		t.Errorf("a start changed the entries: revision %d", r)
	}
	if p, err := begin(s, false, environment(nil), june); err != nil || p.Starts != 1 || p.Build != "—" || p.Since != june.UnixMilli() {
		t.Errorf("outside development: %+v, %v", p, err)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 59*time.Second + 999*time.Millisecond: "59 s", time.Minute: "1 min 00 s",
		59*time.Minute + 9*time.Second: "59 min 09 s", 25*time.Hour + 3*time.Minute: "25 h 03 min",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

// TestInvitations reads our own sources: each place must be what it promises.
func TestInvitations(t *testing.T) {
	t.Parallel()
	want := []string{"const greeting =", "--accent:", "people here`", "// return len(entries)"}
	got := invitations(".")
	if len(got) != len(want) {
		t.Fatalf("%d invitations: %+v", len(got), got)
	}
	for n, i := range got {
		source, err := os.ReadFile(filepath.FromSlash(i.File))
		if err != nil {
			t.Fatal(err)
		}
		if line := strings.Split(string(source), "\n")[i.Line-1]; !strings.Contains(line, want[n]) {
			t.Errorf("%s: %s:%d is %q, which has no %q", i.Title, i.File, i.Line, line, want[n])
		}
	}
	if got := invitations(t.TempDir()); got != nil {
		t.Errorf("invited to edit what is not there: %+v", got)
	}
}

func TestInModule(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	app := filepath.Join(root, "examples", "app")
	if err := os.MkdirAll(app, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := inModule(app); got != "" && !strings.HasSuffix(got, "/") {
		t.Errorf("without a module: %q", got)
	}
	if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got := inModule(app); got != "examples/app/" {
		t.Errorf("below the module: %q", got)
	}
	if got := inModule(root); got != "" {
		t.Errorf("at the module: %q", got)
	}
}
