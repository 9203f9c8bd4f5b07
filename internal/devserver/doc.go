// Package devserver combines the parts of devtool into the development server
// and, in [Build], into the production build.
//
// Three types say who may touch what:
//
//   - project is fixed for a whole run; everybody may read it.
//   - server adds the parts that run concurrently, each safe to use from
//     any goroutine, and the views that the loop publishes for others.
//   - loop owns everything that changes, in one goroutine. Other goroutines get
//     the server and values, and answer by mail.
//
// The loop turns what happens (a batch of changed files, mail, a request) into an
// event, asks policy.Decide what follows, and performs the actions. It decides
// nothing itself. Actions that take time run in goroutines of their own, which
// all end before [Run] returns.
//
// Read loop.go for the loop and mail.go for how others reach it, then follow a
// save: files.go and classify.go (what a change means), lanes.go and generate.go
// (builds), app.go (the app's next generation), perform.go (what tabs, gate and
// people are told). settings.go does the same for edits of devtool.toml.
// server.go and open.go start and stop everything. production.go is [Build].
package devserver
