package problem

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
			if diff := cmp.Diff(tt.want, (Problem{}).At(file, tt.line, 1, Bytes).Excerpt); diff != "" {
				t.Errorf("excerpt of line %d (-want +got):\n%s", tt.line, diff)
			}
		})
	}
}

func TestExcerptOfMissingFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "gone")
	if got := (Problem{}).At(file, 1, 2, Bytes); got.Excerpt != nil || got.File != file || got.Line != 1 || got.Column != 2 {
		t.Errorf("got %+v, want the place alone", got)
	}
}

func TestColumn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unit   Unit
		line   string
		column int
		want   int
	}{
		{Bytes, "abc", 1, 1},
		{Bytes, "abc", 3, 3},
		{Bytes, "äbc", 3, 2},
		{Bytes, "\"日本\" + x", 10, 6},
		{Bytes, "abc", 4, 4},
		{Bytes, "abc", 99, 4},
		{Bytes, "", 1, 1},
		{Bytes, "abc", 0, 0},
		{UTF16, "🗓a", 3, 2},
		{UTF16, "äa", 2, 2},
		{UTF16, "a\xffb", 3, 3},
		{UTF16, "ab", 99, 3},
		{CodePoints, "🗓äa", 3, 3},
		{CodePoints, "ab", 99, 3},
	}
	for _, tt := range tests {
		if got := tt.unit.Column(tt.line, tt.column); got != tt.want {
			t.Errorf("column %d of %q in unit %d = %d, want %d", tt.column, tt.line, tt.unit, got, tt.want)
		}
	}
}

// TestIndent checks that the caret stays under its column, with tabs kept as
// tabs.
func TestIndent(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text   string
		column int
		want   string
	}{
		{"\tt := x", 2, "\t"},
		{"ab\tc", 4, "  \t"},
		{"ä日b", 3, "  "},
		{"ab", 1, ""},
		{"ab", 9, "  "},
		{"ab", 0, ""},
	} {
		if got := (Problem{Column: tt.column}).Indent(ExcerptLine{Text: tt.text}); got != tt.want {
			t.Errorf("indent of column %d in %q is %q, want %q", tt.column, tt.text, got, tt.want)
		}
	}
}
