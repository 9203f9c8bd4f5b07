package reload

import (
	"fmt"
	"net/http"
	"path"
	"slices"

	"github.com/calendsync/devtool/internal/routes"
)

// Patch is a script that replaces modules in open documents.
type Patch struct {
	Build   int // whose scripts hold the same
	Script  []byte
	Map     []byte // its source map
	Modules []Module
	Accepts []Acceptance

	seq uint64 // counts the patches of a hub, from 1
	url string
}

// Module is a module of a patch.
type Module struct {
	ID      string `json:"id"`
	Version string `json:"version"` // of its source

	// Boundary says who takes the update: "self" the module, "react" React, if all
	// that the module exports are components; "" its importers.
	Boundary string `json:"boundary"`
}

// Acceptance says that the module By, which is not in the patch, takes updates of
// its dependency Dep, which it names by Specifier.
type Acceptance struct {
	By        string `json:"by"`
	Dep       string `json:"dep"`
	Specifier string `json:"specifier"`
}

// patch is a patch as tabs hear of it.
type patch struct {
	Seq     uint64       `json:"seq"`
	URL     string       `json:"url"`
	Built   bool         `json:"built"` // the served scripts hold it
	Modules []Module     `json:"modules"`
	Accepts []Acceptance `json:"accepts"`

	build int
	since uint64 // the message that announced it
}

// mostPatches is how many patches tabs are told of at once. A document that lacks
// an older one reloads.
const mostPatches = 40

// patched adds the patches of u to o. None takes the place of another: each says how
// components called hooks in the version right before it.
func (o outputs) patched(u Update, seq uint64) outputs {
	kept := make([]patch, 0, len(o.Patches)+len(u.Patches))
	for _, p := range o.Patches {
		p.Built = p.Built || p.build <= u.Built
		kept = append(kept, p)
	}
	for _, p := range u.Patches {
		kept = append(kept, patch{
			Seq: p.seq, URL: p.url, Modules: p.Modules, Accepts: append([]Acceptance{}, p.Accepts...),
			build: p.Build, since: seq,
		})
	}
	if over := len(kept) - mostPatches; over > 0 {
		o.PageSeq = max(o.PageSeq, kept[over-1].since)
		kept = kept[over:]
	}
	o.Patches = kept
	return o
}

// patchFiles are the scripts of the newest patches and their source maps. A tab may
// still be fetching one that the hub no longer tells of.
type patchFiles struct {
	count uint64
	kept  []Patch // the oldest first
	bytes int     // in kept
}

// mostPatchBytes is how much memory the patches take at most, apart from the
// newest.
const mostPatchBytes = 32 << 20

// add numbers a patch and keeps its files.
func (f *patchFiles) add(p Patch) Patch {
	f.count++
	p.seq = f.count
	p.url = fmt.Sprintf("%s%d-%s.js", routes.Patch, p.seq, newScript(p.Script).etag[1:9])
	p.Script = fmt.Appendf(slices.Clip(p.Script), "\n//# sourceMappingURL=%s.map\n", path.Base(p.url))
	f.kept = append(f.kept, p)
	f.bytes += len(p.Script) + len(p.Map)
	for len(f.kept) > 2*mostPatches || f.bytes > mostPatchBytes && len(f.kept) > 1 {
		f.bytes -= len(f.kept[0].Script) + len(f.kept[0].Map)
		f.kept = slices.Delete(f.kept, 0, 1)
	}
	return p
}

func (f *patchFiles) find(url string) (contents []byte, kind string) {
	for _, p := range f.kept {
		switch url {
		case p.url:
			return p.Script, "text/javascript; charset=utf-8"
		case p.url + ".map":
			return p.Map, "application/json"
		}
	}
	return nil, ""
}

// PatchFile returns the script of a patch or its source map by its URL path; nil
// for those that are no longer kept.
func (h *Hub) PatchFile(url string) []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	contents, _ := h.patches.find(url)
	return contents
}

func (h *Hub) servePatch(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	contents, kind := h.patches.find(r.URL.Path)
	h.mu.Unlock()
	if contents == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable") // its name holds a hash of it
	_, _ = w.Write(contents)                                               // it fails when the browser has left
}
