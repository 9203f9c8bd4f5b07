//go:build unix

package e2e_test

import (
	"os"
	"os/exec"
	"testing"
)

// installed is a directory with npm packages, each with its version, below
// node_modules.
func installed(t testing.TB, packages ...string) string {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("npm is not installed")
	}
	dir := t.TempDir()
	args := append([]string{"install", "--prefix", dir, "--no-save", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"}, packages...)
	if out, err := exec.CommandContext(t.Context(), "npm", args...).CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
	return dir
}
