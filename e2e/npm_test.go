//go:build unix

package e2e_test

import (
	"testing"

	"github.com/calendsync/devtool/internal/npmtest"
)

// installed is a directory with npm packages, each with its version, below
// node_modules.
func installed(t testing.TB, packages ...string) string {
	t.Helper()
	dir := t.TempDir()
	npmtest.Install(t, dir, packages...)
	return dir
}
