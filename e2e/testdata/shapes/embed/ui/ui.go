// Package ui is what npm run build makes of the sources beside it.
package ui

import "embed"

//go:embed all:dist
var Files embed.FS
