package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// userCache is where devtool keeps what it should find again. Nothing in it is
// beyond being made anew.
func userCache() string {
	cache, err := os.UserCacheDir()
	if err == nil {
		err = os.MkdirAll(cache, 0o700) // a container's user may have no home
	}
	if err != nil {
		cache = filepath.Join(os.TempDir(), fmt.Sprintf("devtool-%d", os.Getuid()))
	}
	return filepath.Join(cache, "devtool")
}

// projectCache is the part of it that belongs to one project.
func projectCache(root string) string {
	return filepath.Join(userCache(), "projects", projectID(root))
}

// projectID names a project's files without telling where it lies.
func projectID(root string) string {
	sum := sha256.Sum256([]byte(root))
	return hex.EncodeToString(sum[:12])
}
