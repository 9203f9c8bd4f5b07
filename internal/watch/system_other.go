//go:build !linux

package watch

// silentFilesystem returns "": only Linux is known to mount such shares for
// development and to tell their type cheaply.
func silentFilesystem(string) string { return "" }

// limitHint returns the command that raises the limit err is about.
func limitHint(err error) string {
	if isLimit(err) {
		return "ulimit -n 65536, before starting"
	}
	return ""
}
