package main

import (
	"encoding/json"
	"math/rand"
	"os"
	"strings"

	"github.com/fluxcd/pkg/sourceignore"
	"github.com/fluxcd/pkg/sourceignore/gitignore"
)

// ignored is one line of an answer.
type ignored struct {
	Files   [][2]string `json:"files"`
	Path    string      `json:"path"`
	Folder  bool        `json:"folder"`
	Ignored bool        `json:"ignored"`
}

// paths prints which paths Flux leaves out of an artifact, for ignore files that are put together at random, always the same.
func paths() error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	random := rand.New(rand.NewSource(6))
	pick := func(from ...string) string { return from[random.Intn(len(from))] }
	name := func() string {
		return pick("a", "b", "apps", "x.yaml", "y.md", ".git", ".github", "logo.png", "deep", ".sops.yaml", "a b", "[x]", "*")
	}
	pattern := func() string {
		parts := []string{}
		for range 1 + random.Intn(3) {
			parts = append(parts, pick("a", "apps", "*", "**", "*.yaml", "?", "x.*", "deep", "[ab]", "a**", "", "y.md", "\\*", "[", "[^a]*"))
		}
		return pick("", "", "", "!", "#") + pick("", "", "/") + strings.Join(parts, "/") + pick("", "", "/", " ", "\\ ", "/**")
	}
	for range 1500 {
		asked := ignored{Path: name(), Folder: random.Intn(3) == 0, Files: [][2]string{}}
		for range random.Intn(4) {
			asked.Path += "/" + name()
		}
		for _, folder := range []string{"", "apps", "apps/deep"}[:random.Intn(4)] {
			lines := []string{}
			for range random.Intn(4) {
				lines = append(lines, pattern())
			}
			asked.Files = append(asked.Files, [2]string{folder, strings.Join(lines, "\n")})
		}
		var own []gitignore.Pattern
		for _, file := range asked.Files {
			own = append(own, sourceignore.ReadPatterns(strings.NewReader(file[1]), domain(file[0]))...)
		}
		// storage.SourceIgnoreFilter
		matcher := sourceignore.NewDefaultMatcher(own, nil)
		if len(own) > 0 {
			matcher = sourceignore.NewMatcher(append(sourceignore.VCSPatterns(nil), own...))
		}
		asked.Ignored = matcher.Match(strings.Split(asked.Path, "/"), asked.Folder)
		if err := out.Encode(asked); err != nil {
			return err
		}
	}
	return nil
}

func domain(folder string) []string {
	if folder == "" {
		return nil
	}
	return strings.Split(folder, "/")
}
