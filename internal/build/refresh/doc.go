// Package refresh reads from the text of a script what React's Fast Refresh and
// import.meta.hot need to know about it: which exports may be components, which
// hooks a component calls, which updates the script accepts.
//
// It does by analysis what react-refresh's Babel transform does by rewriting the
// script: two versions of a component may share state if, and only if, their
// [Keys] are equal. Nothing here touches a file; a script comes as text.
//
// Begin with analyze.go. scan.go answers the few questions that every script of
// the first build is asked, for which parsing would take too long.
package refresh
