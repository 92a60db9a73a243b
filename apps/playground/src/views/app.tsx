// The page.
import { labelQuestion, pageQuestion, shownImage, windowQuestion } from '../state/image.ts';
import { results } from '../state/results.ts';
import { STRINGS } from '../strings.ts';
import { TeachView } from '../teach/teach-view.tsx';
import { LabelDialog, PageDialog, WindowDialog } from './choice-dialogs.tsx';
import { Notices } from './dialog.tsx';
import { DropTarget } from './drop-target.tsx';
import { Header, modelsShown, tab } from './header.tsx';
import { ModelDialog } from './model-dialog.tsx';
import { MaskPanel } from './panel/mask-panel.tsx';
import { SamplingPanel } from './panel/sampling-panel.tsx';
import { SavePanel } from './panel/save-panel.tsx';
import { TruthPanel } from './panel/truth-panel.tsx';
import { ViewPanel } from './panel/view-panel.tsx';
import { PromptBar } from './prompt-bar.tsx';
import { Stage } from './stage.tsx';
import { Start } from './start.tsx';

function SegmentView() {
  const shown = shownImage.value;
  if (!shown) return <Start />;
  const hasResult = Boolean(results.value.a);
  return (
    <div class="workplace">
      <div class="middle">
        <Stage shown={shown} />
        <PromptBar />
      </div>
      <aside class="panel" aria-label={STRINGS.settings}>
        <div class="cards">
          {hasResult && <ViewPanel />}
          {hasResult && <MaskPanel />}
          <TruthPanel />
          <SamplingPanel />
        </div>
        <SavePanel hasResult={hasResult} />
      </aside>
    </div>
  );
}

export const App = () => (
  <>
    <Header />
    <main>{tab.value === 'teach' ? <TeachView /> : <SegmentView />}</main>
    {!modelsShown.value && !pageQuestion.value && !labelQuestion.value && !windowQuestion.value && <Notices />}
    <DropTarget />
    {modelsShown.value && <ModelDialog />}
    {pageQuestion.value && <PageDialog {...pageQuestion.value} />}
    {labelQuestion.value && <LabelDialog {...labelQuestion.value} />}
    {windowQuestion.value && <WindowDialog {...windowQuestion.value} />}
  </>
);
