package main

import (
	"os/exec"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	t.Parallel()
	const stat = "42 (a) b (c) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3000 5 20 0 1 0 99\n"
	pid, parent, cpu := parseStat([]byte(stat))
	if pid != 42 || parent != 7 || cpu != 3125*tick {
		t.Errorf("got %d, %d, %v; want 42, 7, %v", pid, parent, cpu, 3125*tick)
	}
}

// TestTreeCPU has a child of a child burn CPU, while it runs and after it ended.
func TestTreeCPU(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sh", "-c", "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; read _'; echo; read _; true")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"while the grandchild runs", "after it ended"} {
		if _, err := out.Read(make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		if got := treeCPU(cmd.Process.Pid); got < tick || got > time.Minute {
			t.Errorf("%s: %v of CPU", when, got)
		}
		if _, err := in.Write([]byte("\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
