package bundle

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"

	"github.com/evanw/esbuild/pkg/api"
)

// withoutRoot makes the names of modules that plugins load relative to the
// project. esbuild does so with files alone, and writes the names of the others
// into comments, keys of wrappers and maps as they are: "raw:/home/me/app/a.txt".
// Nothing that a map tells of follows them in their lines.
func (l layout) withoutRoot(file api.OutputFile) api.OutputFile {
	root := filepath.ToSlash(l.root()) + "/"
	if !bytes.Contains(file.Contents, []byte(":"+root)) {
		return file
	}
	namespaces := []string{
		rawNamespace, globNamespace, packagesNamespace, publicNamespace, reactNamespace,
		hrefNamespace + ":asset", hrefNamespace + ":module", hrefNamespace + ":classic",
		workerSpace + "-module", workerSpace + "-classic", workerSpace + "-text",
	}
	for _, namespace := range append(namespaces, slices.Collect(maps.Values(queries()))...) {
		file.Contents = bytes.ReplaceAll(file.Contents, []byte(namespace+":"+root), []byte(namespace+":"))
	}
	return file
}
