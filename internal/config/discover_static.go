package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/routes"
)

// static finds the directories whose files the app serves as they are, by what
// its templates link: /static/css/app.css and static/css/app.css together say
// that /static/ is static/. Such files are then served from disk, and a style
// sheet is swapped without the app noticing, even if it embeds them.
func (d *discovery) static() {
	if d.IsSet("web.mounts") {
		return
	}
	mounts := maps.Clone(d.Web.Mounts) // of the front end's base
	if mounts == nil {
		mounts = map[string]string{}
	}
	example := map[string]string{}
	for _, t := range d.files.templates {
		if d.ofFrontEnd(t.path) {
			continue
		}
		for _, l := range t.links {
			prefix, dir := d.mountOf(l.url)
			if dir == "" {
				continue
			}
			if other, taken := mounts[prefix]; taken && other != dir {
				dir = "" // two directories answer to it: not ours to choose
			}
			mounts[prefix], example[prefix] = dir, d.show(t.path)
		}
	}
	for _, prefix := range slices.Sorted(maps.Keys(mounts)) {
		dir := mounts[prefix]
		if dir == "" {
			continue
		}
		if d.Web.Mounts == nil {
			d.Web.Mounts = map[string]string{}
		}
		d.Web.Mounts[prefix] = dir
		if example[prefix] == "" {
			continue
		}
		d.found("web.mounts", Assumption{What: "static", Value: prefix + " → " + d.show(dir), Why: "linked by " + example[prefix],
			Setting: `[web] mounts = { "` + prefix + `" = "` + d.show(dir) + `" }`})
	}
}

// mountOf returns the prefix and the directory that a linked URL stands for,
// if the file is there and no bundle is served in its place.
func (d *discovery) mountOf(url string) (prefix, dir string) {
	first, rest, ok := strings.Cut(strings.TrimPrefix(url, "/"), "/")
	if !ok || !strings.HasPrefix(url, "/") || strings.Contains(url, "..") || first == "" || strings.HasPrefix(url, routes.Prefix) {
		return "", ""
	}
	for _, base := range d.staticBases() {
		for _, name := range []string{first, "static/" + first, "public/" + first, "static", "public", "assets"} {
			dir := filepath.Join(base, name)
			file := filepath.Join(dir, filepath.FromSlash(rest))
			if isFile(file) && !slices.Contains(d.Web.EntryPoints, file) {
				return "/" + first + "/", dir
			}
		}
	}
	return "", ""
}

// staticBases are the directories in which static ones usually live.
func (d *discovery) staticBases() []string {
	bases := []string{d.Root, filepath.Join(d.Root, "web"), filepath.Join(d.Root, "ui"), filepath.Join(d.Root, "internal", "web")}
	if d.mainDir != "" && d.mainDir != d.Root {
		bases = slices.Insert(bases, 0, d.mainDir, filepath.Join(d.mainDir, "web"))
	}
	if d.Web.Dir != "" {
		bases = append(bases, d.Web.Dir)
	}
	return bases
}
