//go:build linux

package process

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestEnvironmentTooLarge checks that the variable which is too large is named.
func TestEnvironmentTooLarge(t *testing.T) {
	t.Parallel()
	for name, env := range map[string][]string{
		"one": {"A=1", "CERTIFICATE=" + strings.Repeat("x", 200_000), "B=2"},
		"all": append(many(400, "V="+strings.Repeat("x", 100_000)), "CERTIFICATE="+strings.Repeat("x", 110_000)),
	} {
		cmd := exec.Command("true")
		cmd.Env = env
		err := new(group).start(cmd)
		var large *EnvironmentError
		if !errors.As(err, &large) || large.Name != "CERTIFICATE" || !errors.Is(err, syscall.E2BIG) || !strings.Contains(large.Hint(), "CERTIFICATE") {
			t.Errorf("%s: %.200v, want that CERTIFICATE is named", name, err)
		}
	}
}

// many returns entries that differ, because exec.Cmd passes on the last of a name.
func many(n int, entry string) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = strings.Repeat("V", i+1) + entry
	}
	return all
}
