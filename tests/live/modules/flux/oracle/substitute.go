package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/fluxcd/pkg/envsubst"
	"github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/provider"
	"sigs.k8s.io/yaml"
)

// substitution is one line of an answer.
type substitution struct {
	Text      string            `json:"text"`
	Variables map[string]string `json:"variables,omitempty"`
	Strict    bool              `json:"strict,omitempty"`
	Always    bool              `json:"always,omitempty"`
	Result    *string           `json:"result,omitempty"`
	Error     string            `json:"error,omitempty"`
}

var values = map[string]string{
	"a": "alpha", "b": "Beta/gamma.tar.gz", "empty": "", "n": "42", "u": "straße-Ünï", "path": "/usr/local/lib", "x1": "x*y?[z]",
	"yes": "yes", "pos": "2", "aa": "aAaA", "_": "under", "star": "*", "dollar": "$a ${a} $${a}",
}

// texts prints what envsubst makes of the texts on stdin (JSON, one a line), and of many that are put together at random, always the same.
func texts() error {
	if err := asked(both); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	random := rand.New(rand.NewSource(6))
	for range 2000 {
		if err := both(out, randomText(random)); err != nil {
			return err
		}
	}
	return nil
}

// both asks with and without strictness; strictness is told only where it matters.
func both(out *json.Encoder, text string) error {
	loose, strict := fill(text, false), fill(text, true)
	if err := out.Encode(loose); err != nil {
		return err
	}
	if strict.Error != loose.Error {
		return out.Encode(strict)
	}
	return nil
}

func fill(text string, strict bool) (answer substitution) {
	answer = substitution{Text: text, Strict: strict}
	// slices out of range: the controller recovers from it, and fails
	defer func() {
		if what := recover(); what != nil {
			answer.Error = fmt.Sprint(what)
		}
	}()
	result, err := envsubst.Eval(text, func(name string) (string, bool) {
		value, exists := values[name]
		return value, exists || !strict
	})
	switch {
	case err != nil:
		answer.Error = err.Error()
	case !utf8.ValidString(result):
		answer.Error = "not UTF-8"
	default:
		answer.Result = &result
	}
	return answer
}

var pieces = []string{
	"${", "${", "${", "${", "}", "}", "}", "}", "$", "$$", "a", "b", "n", "u", "empty", "none", "path", "x1", "pos", "star", "_", "aa",
	":", "=", ":=", ":-", "-", "+", ":+", "?", ":?", "#", "##", "%", "%%", "/", "//", "/#", "/%", "\\", "\\/", "\\\\", "^", "^^", ",", ",,",
	"*", "[a-z]", "[^a]", "[", "]", " ", "\n", "é", "ß", "0", "1", "2", "-1", "-3", "99", ".", "l", "tar", "A",
}

// randomText is made of expressions that are nearly right, and of noise.
func randomText(random *rand.Rand) string {
	pick := func(from ...string) string { return from[random.Intn(len(from))] }
	var text strings.Builder
	for range 1 + random.Intn(3) {
		switch random.Intn(3) {
		case 0:
			for range 1 + random.Intn(8) {
				text.WriteString(pick(pieces...))
			}
		default:
			text.WriteString(pick("", "", "text ", "$$", "x: "))
			text.WriteString("${" + pick("", "", "", "#") + pick("a", "b", "n", "u", "empty", "none", "path", "x1", "aa", "dollar"))
			text.WriteString(pick(pieces[22:46]...))
			for range random.Intn(4) {
				text.WriteString(pick("a", "l", "/", "*", "?", "[a-l]", "${a}", "${none}", "${pos}", "${empty}", "1", ":", "-2", "\\/", "é", "t", "Beta", ".", "$$", "${b:1:2}"))
			}
			text.WriteString(pick("}", "}", "}", "}", "}}", ""))
		}
	}
	return text.String()
}

// objects prints what SubstituteVariables makes of the objects on stdin (JSON, one a line).
func objects() error {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	in := json.NewDecoder(os.Stdin)
	for in.More() {
		var asked substitution
		if err := in.Decode(&asked); err != nil {
			return err
		}
		asked.Result, asked.Error = nil, ""
		result, err := object(asked)
		if err != nil {
			asked.Error = err.Error()
		} else {
			asked.Result = &result
		}
		if err := out.Encode(asked); err != nil {
			return err
		}
	}
	return nil
}

func object(asked substitution) (string, error) {
	resource, err := provider.NewDefaultDepProvider().GetResourceFactory().FromBytes([]byte(asked.Text))
	if err != nil {
		return "", err
	}
	variables := map[string]interface{}{}
	for name, value := range asked.Variables {
		variables[name] = value
	}
	flux := unstructured.Unstructured{Object: map[string]interface{}{"spec": map[string]interface{}{"postBuild": map[string]interface{}{"substitute": variables}}}}
	result, err := kustomize.SubstituteVariables(context.Background(), nil, flux, resource, kustomize.SubstituteWithDryRun(true),
		kustomize.SubstituteWithStrict(asked.Strict), kustomize.SubstituteWithAlways(asked.Always))
	if err != nil {
		return "", err
	}
	if result == nil {
		result = resource
	}
	text, err := result.AsYAML()
	if err != nil {
		return "", err
	}
	// what the controller reads of it
	var check interface{}
	return string(text), yaml.Unmarshal(text, &check)
}
