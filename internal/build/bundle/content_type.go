package bundle

import (
	"path"
	"strings"
)

// assetExtensions are the files that scripts and sheets may refer to and that
// are served as they are. esbuild knows none of them by itself.
var assetExtensions = [...]string{
	".apng", ".avif", ".bmp", ".gif", ".ico", ".jfif", ".jpeg", ".jpg", ".png", ".svg", ".webp",
	".eot", ".otf", ".ttf", ".woff", ".woff2",
	".flac", ".m4a", ".mov", ".mp3", ".mp4", ".ogg", ".opus", ".vtt", ".wav", ".webm",
	".pdf", ".wasm", ".webmanifest",
}

// contentType is fixed, because the tables of operating systems differ: some
// serve scripts as text/plain, which browsers refuse to run.
func contentType(url string) string {
	switch strings.ToLower(path.Ext(url)) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".map", ".json":
		return "application/json"
	case ".html":
		return "text/html; charset=utf-8"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	case ".xml":
		return "application/xml"
	case ".apng":
		return "image/apng"
	case ".avif":
		return "image/avif"
	case ".bmp":
		return "image/bmp"
	case ".gif":
		return "image/gif"
	case ".ico":
		return "image/x-icon"
	case ".jfif", ".jpeg", ".jpg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".svg":
		return "image/svg+xml"
	case ".webp":
		return "image/webp"
	case ".eot":
		return "application/vnd.ms-fontobject"
	case ".otf":
		return "font/otf"
	case ".ttf":
		return "font/ttf"
	case ".woff":
		return "font/woff"
	case ".woff2":
		return "font/woff2"
	case ".flac":
		return "audio/flac"
	case ".m4a":
		return "audio/mp4"
	case ".mov":
		return "video/quicktime"
	case ".mp3":
		return "audio/mpeg"
	case ".mp4":
		return "video/mp4"
	case ".ogg", ".opus":
		return "audio/ogg"
	case ".vtt":
		return "text/vtt; charset=utf-8"
	case ".wav":
		return "audio/wav"
	case ".webm":
		return "video/webm"
	case ".pdf":
		return "application/pdf"
	case ".wasm":
		return "application/wasm"
	case ".webmanifest":
		return "application/manifest+json"
	}
	return "application/octet-stream"
}
