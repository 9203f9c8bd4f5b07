package editor

import (
	"os"
	"slices"
	"testing"
)

func TestRunning(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if all := Running(); !slices.Contains(all, self) {
		t.Errorf("%s does not run, by %q", self, all)
	}
}
