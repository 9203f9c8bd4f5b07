package bundle

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// Output is one file that browsers load.
type Output struct {
	Path     string // URL path: "/assets/main.js"
	Contents []byte // shared between builds; must not be changed
	Hash     string // of the contents; may stand in a URL
	Type     string // content type
}

// Outputs are the files of a build by URL path.
type Outputs map[string]Output

func newOutput(url string, file api.OutputFile) Output {
	return Output{
		Path:     url,
		Contents: file.Contents,
		Hash:     strings.NewReplacer("+", "-", "/", "_").Replace(file.Hash),
		Type:     contentType(url),
	}
}

func (o Output) same(other Output) bool {
	return o.Hash == other.Hash && bytes.Equal(o.Contents, other.Contents)
}

// Delta is the difference between two builds as browsers feel it. Source maps
// do not count: they are fetched only when somebody looks. Every list is sorted.
type Delta struct {
	CSS     []string // sheets with new contents, which pages can swap
	Sheets  []string // sheets that came or went, which pages do not link yet or still
	JS      []string // scripts that changed, came or went
	Assets  []string // other files that changed, came or went
	Removed []string // all that went, maps too: open pages may still ask for them
}

// Diff compares the outputs of two builds. Either may be nil.
func Diff(old, new Outputs) Delta {
	var d Delta
	for url, output := range new {
		before, existed := old[url]
		if !existed || before.Hash != output.Hash {
			d.add(url, existed)
		}
	}
	for url := range old {
		if _, exists := new[url]; !exists {
			d.Removed = append(d.Removed, url)
			d.add(url, false)
		}
	}
	for _, list := range [][]string{d.CSS, d.Sheets, d.JS, d.Assets, d.Removed} {
		slices.Sort(list)
	}
	return d
}

func (d *Delta) add(url string, inBoth bool) {
	switch path.Ext(url) {
	case ".map":
	case ".js":
		d.JS = append(d.JS, url)
	case ".css":
		if inBoth {
			d.CSS = append(d.CSS, url)
		} else {
			d.Sheets = append(d.Sheets, url)
		}
	default:
		d.Assets = append(d.Assets, url)
	}
}

// NeedsReload reports whether only loading a page again brings it up to date:
// swapping the sheets in d.CSS does not. Fonts and images that changed have new
// names, which the sheets hold.
func (d Delta) NeedsReload() bool {
	return d.reloads() || len(d.CSS) == 0 && len(d.Assets) > 0
}

func (d Delta) reloads() bool { return len(d.JS) > 0 || len(d.Sheets) > 0 }
