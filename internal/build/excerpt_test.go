package build

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExcerpt(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("ä", excerptWidth+1)
	tests := []struct {
		name, content string
		line          int
		want          []ExcerptLine
	}{
		{"middle", "a\nb\nc\nd\ne\nf\n", 4, []ExcerptLine{{2, "b"}, {3, "c"}, {4, "d"}, {5, "e"}}},
		{"first line", "a\nb\nc\n", 1, []ExcerptLine{{1, "a"}, {2, "b"}}},
		{"last line without its ending", "a\nb", 2, []ExcerptLine{{1, "a"}, {2, "b"}}},
		{"carriage returns", "a\r\nb\r\n", 1, []ExcerptLine{{1, "a"}, {2, "b"}}},
		{"just after the end", "a\nb\nc\n", 4, []ExcerptLine{{2, "b"}, {3, "c"}, {4, ""}}},
		{"beyond the end", "a\nb\n", 4, nil},
		{"no line", "a\n", 0, nil},
		{"empty file", "", 1, nil},
		{"too wide", wide, 1, []ExcerptLine{{1, strings.Repeat("ä", excerptWidth) + "…"}}},
		{"not UTF-8", "a\xffb\n", 1, []ExcerptLine{{1, "a\ufffdb"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(file, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, Excerpt(file, tt.line)); diff != "" {
				t.Errorf("excerpt of line %d (-want +got):\n%s", tt.line, diff)
			}
		})
	}
}

func TestExcerptOfMissingFile(t *testing.T) {
	t.Parallel()
	if got := Excerpt(filepath.Join(t.TempDir(), "gone"), 1); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestRuneColumn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		line       string
		byteColumn int
		want       int
	}{
		{"abc", 1, 1},
		{"abc", 3, 3},
		{"äbc", 3, 2},
		{"\"日本\" + x", 10, 6},
		{"abc", 4, 4},
		{"abc", 99, 4},
		{"", 1, 1},
		{"abc", 0, 0},
	}
	for _, tt := range tests {
		if got := RuneColumn(tt.line, tt.byteColumn); got != tt.want {
			t.Errorf("RuneColumn(%q, %d) = %d, want %d", tt.line, tt.byteColumn, got, tt.want)
		}
	}
}
