package devserver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// writeOverlay writes the file that makes the go command see the production build
// in web.write_dir, in place of what development wrote there. The bundles are
// where they are in development, next to what is served from the root: pages,
// public files and the manifest.
func (p *production) writeOverlay() (file string, err error) {
	dir := p.cfg.Web.WriteDir
	replace := map[string]string{}
	bundles := openBundleDir(dir, p.cfg.Web.PublicPath, p.bundleMemory("bundles.json"), nil)
	err = filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err == nil && !e.IsDir() && bundles.Owns(file) {
			replace[file] = "" // hidden from the go command
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("look into web.write_dir: %w", err)
	}
	for _, url := range p.dir.public {
		base, rel := dir, strings.TrimPrefix("/"+url, p.cfg.Web.BelowBase(p.cfg.Web.PublicPath))
		if rel == "/"+url {
			base = siteDir(p.cfg.Web)
		}
		replace[filepath.Join(base, filepath.FromSlash(rel))] = filepath.Join(p.dir.stage, filepath.FromSlash(path.Join(publicDir, url)))
	}
	replace[filepath.Join(dir, manifestFile)] = filepath.Join(p.dir.stage, manifestFile)
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", fmt.Errorf("write the overlay of web.write_dir: %w", err)
	}
	file = filepath.Join(p.temp, "overlay.json")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return "", fmt.Errorf("write the overlay of web.write_dir: %w", err)
	}
	return file, nil
}
