// Package config reads and checks the settings of one project and, where
// nothing is written, works out what to assume. The result is a value.
//
// [Load] merges, each over the one before it, the defaults, devtool.toml,
// devtool.local.toml, the DEVTOOL_* environment variables and the command line,
// and remembers where every setting came from ([Config.Origin]). [Discover]
// then completes the value from the files of the project: the main package,
// the entry points of the web side, the URL prefix, the default rules.
//
// It refuses what it does not know: an unknown key, a wrong type or a value
// that makes no sense is an [*Error] with file, line and column, never a
// silent default. Env files are optional and not ours: what is odd in them is a
// [Note]. The package starts no process, opens no socket, changes no file, and
// reads outside the project only what a setting names.
//
// The package starts no goroutines. Callers pass in the working directory and the
// environment, and must treat a *Config as read-only once they have it: the
// server keeps the last good one until a broken edit is fixed.
package config
