// Package web measures, in a real Chromium, what a front-end developer waits
// for: from the save of a style sheet to its computed style, from the save of a
// component to its text in the page, whose state should stay, and from the start
// to the first page.
//
// devtool competes with Vite and its React plugin, which also exchanges modules
// without a reload, and with esbuild's own server, whose page reloads. Each has
// a copy of one generated React project and a tab of its own; they take turns
// within one run, so that a noisy minute hits all. A tab notes the animation
// frame in which it first sees the edit, and looks only while it is its turn.
//
//	go test ./bench/web -run Compare -edits 12 -v
//	go test ./bench/web -run Start -starts 7 -v
//
// It needs npm, which it lets install the peers into a temporary directory, and
// a Chromium.
package web
