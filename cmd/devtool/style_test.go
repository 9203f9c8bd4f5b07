package main

import (
	"strings"
	"testing"
)

// TestColored goes down the order in which wishes about colour count.
func TestColored(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		flag, env string
		tty, want bool
	}{
		{"auto", "", true, true},
		{"auto", "", false, false},
		{"auto", "TERM=dumb", true, false},
		{"auto", "CLICOLOR=0", true, false},
		{"auto", "CLICOLOR=1", true, true},
		{"auto", "CLICOLOR=1", false, false},
		{"auto", "CLICOLOR_FORCE=1", false, true},
		{"auto", "CLICOLOR_FORCE=0", false, false},
		{"auto", "CLICOLOR_FORCE=1 CLICOLOR=0", true, true},
		{"auto", "FORCE_COLOR=1 TERM=dumb", false, true},
		{"auto", "FORCE_COLOR=0", true, false},
		{"auto", "FORCE_COLOR=0 CLICOLOR_FORCE=1", true, false},
		{"auto", "NO_COLOR=1", true, false},
		{"auto", "NO_COLOR=", true, true},
		{"auto", "NO_COLOR=1 FORCE_COLOR=1 CLICOLOR_FORCE=1", true, false},
		{"always", "NO_COLOR=1 TERM=dumb", false, true},
		{"never", "FORCE_COLOR=1", true, false},
	} {
		env := strings.Fields(tt.env)
		if got := colored(tt.flag, tt.tty, func(name string) string { return lookup(env, name) }); got != tt.want {
			t.Errorf("--color=%s, %q, terminal %v: colour %v, want %v", tt.flag, tt.env, tt.tty, got, tt.want)
		}
	}
}
