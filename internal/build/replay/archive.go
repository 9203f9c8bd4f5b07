package replay

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// archive is a compiled package.
type archive struct {
	path string
	id   string // equal for equal contents
}

// The layout of an archive: a magic line, and for each member a header, of which
// the size is a part, and the content.
const (
	archiveMagic = "!<arch>\n"
	headerSize   = 60
	sizeAt       = 48
	sizeLength   = 10
)

// exportData returns what the compiler reads of an imported package: the first
// member of its archive, without the build id.
func exportData(content []byte) ([]byte, error) {
	member, found := bytes.CutPrefix(content, []byte(archiveMagic))
	if !found || len(member) < headerSize || !bytes.HasPrefix(member, []byte("__.PKGDEF")) {
		return nil, fmt.Errorf("no archive of a Go package")
	}
	size, err := strconv.Atoi(strings.TrimSpace(string(member[sizeAt : sizeAt+sizeLength])))
	if err != nil || size < 0 || size > len(member)-headerSize {
		return nil, fmt.Errorf("an archive that says its first member has %q bytes", member[sizeAt:sizeAt+sizeLength])
	}
	return withoutBuildID(member[headerSize : headerSize+size]), nil
}

// withoutBuildID removes the line of the text before the export data that has
// the build id.
func withoutBuildID(data []byte) []byte {
	const mark = "\nbuild id "
	text, _, _ := bytes.Cut(data, []byte("\n$$"))
	start := bytes.Index(text, []byte(mark))
	if start < 0 {
		return data
	}
	length := bytes.IndexByte(data[start+1:], '\n')
	if length < 0 {
		return data
	}
	return append(bytes.Clone(data[:start]), data[start+1+length:]...)
}

// compiled reads an archive that we made, and reports whether what importers
// read of it differs from that in old.
func compiled(path string, old archive) (a archive, differs bool, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return archive{}, false, err
	}
	export, err := exportData(content)
	if err != nil {
		return archive{}, false, fmt.Errorf("%s: %w", path, err)
	}
	before, err := os.ReadFile(old.path)
	if err != nil {
		return archive{}, false, declinedFor(old.path, err)
	}
	exportBefore, err := exportData(before)
	if err != nil {
		return archive{}, false, fmt.Errorf("%s: %w", old.path, err)
	}
	return archive{path, idOf(sha256.Sum256(content))}, !bytes.Equal(export, exportBefore), nil
}
