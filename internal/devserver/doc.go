// Package devserver composes the parts of devtool into the development server,
// and, in [Build], into what is shipped.
//
// Three types say who may touch what:
//
//   - project is what a run is given once: constants, for everybody.
//   - server adds the parts that run beside one another, each safe to use from
//     anywhere, and the views that the loop shows to others.
//   - loop owns everything that changes. One goroutine has it; what runs beside
//     that is given a server, and values, and answers by mail.
//
// The loop turns what happens (a batch of changed files, mail, a wish) into an
// event, asks policy.Decide what follows, and performs the actions. It decides
// nothing itself. Actions that take time run in goroutines, which all end before
// [Run] returns.
//
// Read loop.go for the loop and mail.go for how it hears, then the way of a save:
// files.go and classify.go (what a change means), lanes.go and generate.go (builds),
// app.go (the app's next generation), perform.go (what tabs, gate and people are
// told). settings.go is the same for edits of devtool.toml. server.go and open.go
// start and end it all. production.go is [Build].
package devserver
