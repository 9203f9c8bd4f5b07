package listenfd

import "errors"

// adoptFD refuses: Windows passes handles, not numbered descriptors.
func adoptFD(int) (kind, error) {
	return kind{}, errors.New("sockets cannot be inherited on windows")
}

func closeOnExec(int) {}
