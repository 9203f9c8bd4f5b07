package runner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMentionsAcrossPieces(t *testing.T) {
	t.Parallel()
	const word = "LISTEN_FDS"
	for _, before := range []int{0, 1, 256<<10 - 5, 256 << 10, 600 << 10} {
		file := filepath.Join(t.TempDir(), "app")
		if err := os.WriteFile(file, []byte(strings.Repeat("x", before)+word+"tail"), 0o600); err != nil {
			t.Fatal(err)
		}
		if !mentions(file, word) {
			t.Errorf("the word after %d bytes was not found", before)
		}
		if mentions(file, "LISTEN_PID") {
			t.Errorf("found a word that is not there")
		}
	}
}
