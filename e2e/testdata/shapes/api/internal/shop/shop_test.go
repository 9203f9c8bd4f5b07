package shop

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestShop(t *testing.T) {
	w := httptest.NewRecorder()
	Handler("Corner").ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/shop", nil))
	if !strings.Contains(w.Body.String(), "Corner") {
		t.Error(w.Body)
	}
}
