// Package npmtest installs npm packages for tests.
package npmtest

import (
	"os"
	"os/exec"
	"testing"
)

// Install puts packages, each with its version, into node_modules below dir. They
// are taken from npm's cache or registry, and their scripts do not run. Without npm
// the test is skipped, except in CI.
func Install(t testing.TB, dir string, packages ...string) {
	t.Helper()
	if _, err := exec.LookPath("npm"); err != nil && os.Getenv("CI") != "true" {
		t.Skip("npm is not installed")
	}
	args := append([]string{"install", "--prefix", dir, "--no-save", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"}, packages...)
	if out, err := exec.CommandContext(t.Context(), "npm", args...).CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}
}
