package replay

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func archiveOf(first string) []byte {
	return fmt.Appendf(nil, "!<arch>\n%-16s%-12s%-6s%-6s%-8s%-10d`\n%s_go_.o", "__.PKGDEF", "0", "0", "0", "644", len(first), first)
}

func TestExportData(t *testing.T) {
	t.Parallel()
	const head = "go object linux amd64 go1.26.8\n"
	for _, tt := range []struct{ in, want string }{
		{head + "build id \"a/b\"\n\n\n$$B\nuDATA\n$$\n", head + "\n\n$$B\nuDATA\n$$\n"},
		{head + "build id \"c\"\nmain\n\n$$B\nuDATA\n$$\n", head + "main\n\n$$B\nuDATA\n$$\n"},
		{head + "\n$$B\nbuild id \"data\"\n$$\n", head + "\n$$B\nbuild id \"data\"\n$$\n"},
	} {
		if got, err := exportData(archiveOf(tt.in)); err != nil || string(got) != tt.want {
			t.Errorf("exportData(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
	for _, broken := range []string{"", "!<arch>\n", "!<arch>\n__.PKGDEF", string(archiveOf("x"))[:70], "\x7fELF"} {
		if got, err := exportData([]byte(broken)); err == nil && len(broken) < 68 {
			t.Errorf("exportData(%q) = %q", broken, got)
		}
	}
}

func FuzzExportData(f *testing.F) {
	f.Add(archiveOf("go object\nbuild id \"a\"\n\n$$B\nu$$\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		if data, err := exportData(content); err == nil && len(data) > len(content) {
			t.Errorf("%d bytes out of %d", len(data), len(content))
		}
	})
}

func TestSealLeavesOtherFormatsAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app")
	content := []byte("\xfe\xed\xfa\xcf a/b/c/a")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := seal(path, "a/b/c/a"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("became %q, %v", got, err)
	}
}
