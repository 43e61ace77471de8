package main

import (
	"encoding/json"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// rewritten is one line of an answer: Kept is nil where kyaml cannot read or write the text.
type rewritten struct {
	Text string  `json:"text"`
	Kept *string `json:"kept"`
}

// rewrite reads texts, one JSON string a line, and prints what a replacement that changes nothing makes of each
// (serializeAsYAML of kustomize's replacement filter).
func rewrite() error {
	return asked(func(out *json.Encoder, text string) error {
		answer := rewritten{Text: text}
		var node yaml.Node
		if yaml.Unmarshal([]byte(text), &node) == nil {
			if kept, err := yaml.NewRNode(&node).String(); err == nil {
				kept = strings.TrimSpace(kept)
				answer.Kept = &kept
			}
		}
		return out.Encode(answer)
	})
}
